// The job types of one queue as a table: what waits and runs of each, how fast, how long, and what failed.
import type { ApiResult } from "../../api.ts";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { count } from "../../words.ts";
import { HoldButton } from "./hold-button.tsx";
import { brief, p95Of, rate } from "./queue-words.ts";
import css from "./queues.module.css";

export type Queue = ApiResult<"jobs.queues">["data"][number];
type JobType = Queue["types"][number];

const column = columnsOf<JobType>();
const number = (id: string, header: string, width: string, cell: (type: JobType) => string) =>
  column.display({
    id,
    header,
    cell: ({ row: { original } }) => cell(original),
    meta: { width, align: "end", narrow: "hidden" },
  });

/** All of a narrow screen's card in one line. */
const inShort = ({ queued, running, live, day }: JobType): string =>
  [
    `${count(queued)} waiting, ${count(running)} running`,
    live && live.perSecond > 0
      ? `${rate(live.perSecond)}, wait ${p95Of(live.wait)}, run ${p95Of(live.run)}`
      : undefined,
    day.failed > 0 ? `${count(day.failed)} failed in 24 h` : undefined,
  ]
    .filter(Boolean)
    .join(" · ");

const base = [
  column.accessor("name", {
    header: "Type",
    cell: ({ row: { original } }) => (
      <span className={css["type"]}>
        <span>{original.name}</span>
        {original.held && <small>paused{original.held.reason ? `: ${original.held.reason}` : ""}</small>}
        <span className={css["narrow"]}>{inShort(original)}</span>
        {original.group === "" && <small>this version does not know it; an older or newer one does</small>}
      </span>
    ),
    meta: { width: "minmax(0, 2fr)", narrow: "title" },
  }),
  number("queued", "Waiting", "76px", (type) => count(type.queued)),
  number("running", "Running", "68px", (type) => count(type.running)),
  number("oldest", "Oldest", "76px", (type) => (type.oldestSeconds === null ? "–" : brief(type.oldestSeconds * 1_000))),
  number("rate", "Rate", "76px", (type) => (type.live ? rate(type.live.perSecond) : "–")),
  number("wait", "Wait p95", "76px", (type) => p95Of(type.live?.wait)),
  number("run", "Run p95", "76px", (type) => p95Of(type.live?.run)),
  number("failed", "Failed, 24 h", "96px", (type) => count(type.day.failed)),
];
const act = column.display({
  id: "hold",
  header: () => null,
  cell: ({ row: { original } }) => <HoldButton kind="type" name={original.name} held={original.held !== null} small />,
  meta: { width: "44px", align: "end", narrow: "beside" },
});
const toRead = column.columns(base) as Columns<JobType>;
const toAct = column.columns([...base, act]) as Columns<JobType>;

/** The table; with buttons for those who may pause. */
export const QueueTypes = ({ queue, admin }: { readonly queue: Queue; readonly admin: boolean }) => (
  <DataTable
    label={`Job types of ${queue.name}`}
    columns={admin ? toAct : toRead}
    list={{
      rows: queue.types,
      total: queue.types.length,
      loading: false,
      problem: null,
      hasMore: false,
      loadingMore: false,
      stale: false,
      loadMore: () => undefined,
      retry: () => undefined,
    }}
    rowKey={(type) => type.name}
    empty={null}
  />
);
