// Imports, newest first.
import { Text } from "@mantine/core";
import { useLive } from "../../live.ts";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ButtonLink } from "../../parts/link.tsx";
import { useMay } from "../../parts/may.tsx";
import { Empty } from "../../parts/note.tsx";
import { PageHead, Section } from "../../parts/page.tsx";
import { RowLink } from "../../parts/row-link.tsx";
import { Status } from "../../parts/status.tsx";
import { useRows } from "../../query.ts";
import { count, shortMoment } from "../../words.ts";
import { type Import, importWords, underWay } from "./words.ts";

const column = columnsOf<Import>();
const columns = column.columns([
  column.accessor("fileName", {
    header: "File",
    cell: ({ row }) => (
      <RowLink to="/imports/$id" params={{ id: row.original.id }}>
        {row.original.fileName}
      </RowLink>
    ),
    meta: { width: "minmax(0, 1.6fr)", narrow: "title" },
  }),
  column.accessor("status", {
    header: "State",
    cell: ({ row }) => <Status word={importWords[row.original.status]} live={underWay(row.original.status)} />,
    meta: { width: "150px", narrow: "beside" },
  }),
  column.display({
    id: "counts",
    header: "Rows",
    cell: ({ row: { original } }) => (
      <Text span fz="sm" c="dimmed">
        {count(original.inserted)} new, {count(original.updated)} updated, {count(original.skipped)} left,{" "}
        {count(original.failed)} refused
      </Text>
    ),
    meta: { width: "minmax(0, 2fr)", narrow: "line" },
  }),
  column.accessor("createdAt", {
    header: "Started",
    cell: ({ row }) => (
      <Text span fz="sm" c="dimmed">
        {shortMoment(row.original.createdAt)}
      </Text>
    ),
    meta: { width: "120px", align: "end", narrow: "hidden" },
  }),
]) as Columns<Import>;

/** The list of imports. */
export const Imports = () => {
  const list = useRows("imports.list", { limit: 100 });
  const running = list.rows.filter((row) => underWay(row.status));
  useLive(...running.slice(0, 10).map((row) => `import:${row.id}`));
  const may = useMay();
  const start = may("imports.submit") && (
    <ButtonLink to="/imports/new" leftSection={<Icon name="imports" size={16} />}>
      Import a file
    </ButtonLink>
  );
  return (
    <>
      <PageHead
        title="Imports"
        lead="Every file that brought contacts in, with what became of its rows."
        actions={start}
      />
      <Section flush>
        <DataTable
          label="Imports"
          columns={columns}
          list={list}
          rowKey={(row) => row.id}
          empty={
            <Empty icon="imports" title="Nothing was imported yet" actions={start}>
              {start &&
                "Take a CSV file from your address book, spreadsheet or last tool. You see what would be refused before anything is taken in."}
            </Empty>
          }
        />
      </Section>
    </>
  );
};
