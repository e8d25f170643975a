// The processes of the platform: how each is and what it works on; one opens beside the list. Below, the ways out.
import { Text } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { Worker } from "../../../../shared/contracts/workers.ts";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { RowLink } from "../../parts/row-link.tsx";
import { Status } from "../../parts/status.tsx";
import { asProblem } from "../../problem.ts";
import { type Rows, useRead } from "../../query.ts";
import { count, counted, share, size } from "../../words.ts";
import { OperationsPage } from "./operations-page.tsx";
import { Providers } from "./providers.tsx";
import { WorkerDrawer } from "./worker-drawer.tsx";
import { workerName, workerWords } from "./worker-words.ts";
import css from "./workers.module.css";

const route = getRouteApi("/app/operations/workers");
const column = columnsOf<Worker>();
const columns = column.columns([
  column.display({
    id: "name",
    header: "Process",
    cell: ({ row: { original } }) => (
      <span className={css["who"]}>
        <RowLink
          to="/operations/workers"
          search={(search: object) => ({ ...search, node: original.node })}
          resetScroll={false}
        >
          {workerName(original)}
        </RowLink>
        <small>
          {original.host}, process {original.pid}
        </small>
      </span>
    ),
    meta: { width: "minmax(0, 2fr)", narrow: "title" },
  }),
  column.accessor("state", {
    header: "State",
    cell: ({ row: { original } }) => <Status word={workerWords[original.state]} />,
    meta: { width: "120px", narrow: "beside" },
  }),
  column.display({
    id: "jobs",
    header: "Jobs",
    cell: ({ row: { original } }) =>
      original.state === "gone"
        ? `left ${original.held === 0 ? "no job" : counted(original.held, "job")}`
        : original.slots === 0
          ? "no jobs here"
          : `${count(original.running)} of ${count(original.slots)} slots`,
    meta: { width: "130px", align: "end", narrow: "line" },
  }),
  column.display({
    id: "cpu",
    header: "Processor",
    cell: ({ row: { original } }) => (original.state === "gone" ? "" : share(original.cpu, 1)),
    meta: { width: "100px", align: "end", narrow: "hidden" },
  }),
  column.display({
    id: "memory",
    header: "Memory",
    cell: ({ row: { original } }) => (original.state === "gone" ? "" : size(original.rss)),
    meta: { width: "110px", align: "end", narrow: "hidden" },
  }),
  column.display({
    id: "late",
    header: "Late by",
    cell: ({ row: { original } }) => (original.state === "gone" ? "" : `${original.loop.p99} ms`),
    meta: { width: "100px", align: "end", narrow: "hidden" },
  }),
]) as Columns<Worker>;

const useWorkers = (): Rows<Worker> => {
  const list = useRead("workers.list", {}, { every: 2_000 });
  return {
    rows: list.data?.data ?? [],
    total: list.data?.data.length,
    loading: list.isPending,
    problem: list.isError ? asProblem(list.error) : null,
    hasMore: false,
    loadingMore: false,
    stale: false,
    loadMore: () => undefined,
    retry: () => void list.refetch(),
  };
};

/** The screen. */
export const Workers = () => {
  const { node } = route.useSearch();
  const navigate = useNavigate({ from: "/operations/workers" });
  const list = useWorkers();
  return (
    <OperationsPage
      title="Workers"
      lead="The processes of the platform: what each works on and how it is. “Late by” says how long the slowest of a hundred turns had to wait; above 100 ms it is overloaded."
    >
      <div className={css["stack"]}>
        <Section flush>
          <DataTable
            label="Processes"
            columns={columns}
            list={list}
            rowKey={(row) => row.node}
            rowHeight={60}
            empty={
              <Empty icon="bolt" title="No process has announced itself yet">
                <Text fz="sm">They do so every two seconds, as soon as Redis answers.</Text>
              </Empty>
            }
          />
        </Section>
        <Providers />
      </div>
      <WorkerDrawer
        node={node}
        onClose={() => void navigate({ search: ({ node: _, ...rest }) => rest, resetScroll: false })}
      />
    </OperationsPage>
  );
};
