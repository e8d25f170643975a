// Segments: groups of contacts by rule, each opened in the builder.
import { Text } from "@mantine/core";
import type { Row } from "../../api.ts";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ButtonLink } from "../../parts/link.tsx";
import { useMay } from "../../parts/may.tsx";
import { Empty } from "../../parts/note.tsx";
import { PageHead, Section } from "../../parts/page.tsx";
import { RowLink } from "../../parts/row-link.tsx";
import { useRows } from "../../query.ts";
import { shortMoment } from "../../words.ts";
import {
  type Condition,
  fieldName,
  fromApi,
  type Group,
  isDays,
  isGroup,
  type Node,
  needsValue,
  opWord,
} from "./rule.ts";

type Segment = Row<"segments.list">;

const inDays = ({ field, op, value }: Condition): string | undefined =>
  isDays(op) ? opWord(field, op).replace("…", value) : undefined;

/** A field's name in running text; a name that people gave stays as it is. */
const inText = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

const groupInWords = ({ mode, rules }: Group): string => {
  const said = rules.map((rule) => (isGroup(rule) && rules.length > 1 ? `(${inWords(rule)})` : inWords(rule)));
  if (mode === "none") return `not: ${said.join(", nor ")}`;
  return said.join(mode === "all" ? ", and " : ", or ");
};

const asSentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** A rule in a few words, for the list; the API's own sentence stands in the builder. */
const inWords = (node: Node): string =>
  isGroup(node)
    ? groupInWords(node)
    : `${inText(fieldName(node.field))} ${inDays(node) ?? `${opWord(node.field, node.op)}${needsValue(node.op) ? ` ${node.value}` : ""}`}`;

const column = columnsOf<Segment>();
const columns = column.columns([
  column.accessor("name", {
    header: "Name",
    cell: ({ row }) => (
      <RowLink to="/segments/$id" params={{ id: row.original.id }}>
        {row.original.name}
      </RowLink>
    ),
    meta: { width: "minmax(0, 1fr)", narrow: "title" },
  }),
  column.display({
    id: "rule",
    header: "Rule",
    cell: ({ row }) => (
      <Text span fz="sm" c="dimmed" lineClamp={2}>
        {asSentence(inWords(fromApi(row.original.rule)))}
      </Text>
    ),
    meta: { width: "minmax(0, 2fr)", narrow: "line" },
  }),
  column.accessor("updatedAt", {
    header: "Changed",
    cell: ({ row }) => (
      <Text span fz="sm" c="dimmed">
        {shortMoment(row.original.updatedAt)}
      </Text>
    ),
    meta: { width: "120px", align: "end", narrow: "beside" },
  }),
]) as Columns<Segment>;

/** The list of segments. */
export const Segments = () => {
  const list = useRows("segments.list", { limit: 100 });
  const may = useMay();
  const create = may("segments.create") && (
    <ButtonLink to="/segments/$id" params={{ id: "new" }} leftSection={<Icon name="plus" size={16} />}>
      New segment
    </ButtonLink>
  );
  return (
    <>
      <PageHead title="Segments" lead="Contacts found by a rule, each time a campaign is launched." actions={create} />
      <Section flush>
        <DataTable
          label="Segments"
          columns={columns}
          list={list}
          rowKey={(row) => row.id}
          empty={
            <Empty icon="segments" title="No segment yet" actions={create}>
              For example: everyone with the tag “workshop” who opened a mail this year.
            </Empty>
          }
        />
      </Section>
    </>
  );
};
