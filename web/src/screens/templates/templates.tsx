// Templates: mails to use again, with whether a version is published and how many campaigns took it.
import { Group, NativeSelect, Text } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { Row } from "../../api.ts";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ButtonLink } from "../../parts/link.tsx";
import { useMay } from "../../parts/may.tsx";
import { Empty } from "../../parts/note.tsx";
import { PageHead, Section } from "../../parts/page.tsx";
import { RowLink } from "../../parts/row-link.tsx";
import { SearchBox } from "../../parts/search-box.tsx";
import { Status } from "../../parts/status.tsx";
import { useRows } from "../../query.ts";
import { counted, shortMoment } from "../../words.ts";
import { templateWord } from "./template-words.ts";

type Template = Row<"templates.list">;
const route = getRouteApi("/app/templates");
const column = columnsOf<Template>();
const columns = column.columns([
  column.accessor("name", {
    header: "Name",
    cell: ({ row }) => (
      <RowLink to="/templates/$id" params={{ id: row.original.id }}>
        {row.original.name}
      </RowLink>
    ),
    meta: { width: "minmax(0, 1.2fr)", narrow: "title" },
  }),
  column.accessor("subject", {
    header: "Subject",
    cell: ({ row }) => (
      <Text span fz="sm" c="dimmed" lineClamp={2}>
        {row.original.subject}
      </Text>
    ),
    meta: { width: "minmax(0, 1.6fr)", narrow: "line" },
  }),
  column.accessor("publishedVersion", {
    header: "State",
    cell: ({ row }) => <Status word={templateWord(row.original)} />,
    meta: { width: "200px", narrow: "line" },
  }),
  column.accessor("format", {
    header: "Format",
    cell: ({ row }) => (
      <Text span fz="sm" c="dimmed">
        {row.original.format.toUpperCase()}
      </Text>
    ),
    meta: { width: "64px", narrow: "beside" },
  }),
  column.accessor("usedBy", {
    header: "Used by",
    cell: ({ row }) => (
      <Text span fz="sm" c="dimmed" className="lc-numbers">
        {row.original.usedBy === 0 ? "no campaign" : counted(row.original.usedBy, "campaign")}
      </Text>
    ),
    meta: { width: "104px", narrow: "hidden" },
  }),
  column.accessor("updatedAt", {
    header: "Changed",
    cell: ({ row }) => (
      <Text span fz="sm" c="dimmed">
        {shortMoment(row.original.updatedAt)}
      </Text>
    ),
    meta: { width: "96px", align: "end", narrow: "hidden" },
  }),
]) as Columns<Template>;

/** The list of templates. */
export const Templates = () => {
  const { q, show } = route.useSearch();
  const navigate = useNavigate({ from: "/templates" });
  const list = useRows("templates.list", { ...(q === undefined ? {} : { q }), ...(show ? { show } : {}), limit: 100 });
  const may = useMay();
  const create = may("templates.create") && (
    <ButtonLink to="/templates/$id" params={{ id: "new" }} leftSection={<Icon name="plus" size={16} />}>
      New template
    </ButtonLink>
  );
  return (
    <>
      <PageHead title="Templates" lead="Mails to start campaigns from." actions={create} />
      <Group gap="xs" mb="md">
        <SearchBox
          label="Search templates"
          placeholder="Name"
          value={q}
          onChange={(text) => void navigate({ search: (old) => ({ ...old, q: text }), replace: true })}
        />
        <NativeSelect
          aria-label="Which templates"
          value={show ?? "active"}
          onChange={(event) => {
            const { value } = event.currentTarget;
            void navigate({
              search: (old) => ({ ...old, show: value === "published" || value === "archived" ? value : undefined }),
              replace: true,
            });
          }}
        >
          <option value="active">All but archived</option>
          <option value="published">Published</option>
          <option value="archived">Archived</option>
        </NativeSelect>
      </Group>
      <Section flush>
        <DataTable
          label="Templates"
          columns={columns}
          list={list}
          rowKey={(row) => row.id}
          empty={
            <Empty
              icon="templates"
              title={q || show ? "No template matches" : "No template yet"}
              actions={!q && !show && create}
            >
              {!q && !show && create && "Write a mail once and start every campaign from it."}
            </Empty>
          }
        />
      </Section>
    </>
  );
};
