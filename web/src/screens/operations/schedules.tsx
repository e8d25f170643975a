// Schedules: what the platform does by itself and when, how punctual it was, and what it missed.
import { Text } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { ApiResult } from "../../api.ts";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { Empty, Note } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { RowLink } from "../../parts/row-link.tsx";
import { Status } from "../../parts/status.tsx";
import { type Rows, useRead } from "../../query.ts";
import { count, counted } from "../../words.ts";
import { OperationsPage } from "./operations-page.tsx";
import { ScheduleDrawer } from "./schedule-drawer.tsx";
import { cronWords, lateWords, outcomeWords, shortly } from "./schedule-words.ts";
import css from "./schedules.module.css";

type Schedule = ApiResult<"schedules.list">["data"][number];
const route = getRouteApi("/app/operations/schedules");

const Last = ({ schedule: { last } }: { readonly schedule: Schedule }) =>
  last ? (
    <>
      <Status
        word={last.job?.state === "failed" ? { label: "its job failed", tone: "bad" } : outcomeWords[last.outcome]}
      />
      <Text fz="xs" c="dimmed">
        {shortly(last.at)}
      </Text>
    </>
  ) : (
    <Text span fz="sm" c="dimmed">
      not<span className={css["said"]}> run</span> yet
    </Text>
  );

const column = columnsOf<Schedule>();
const columns = column.columns([
  column.accessor("name", {
    header: "Schedule",
    cell: ({ row: { original } }) => (
      <>
        <RowLink to="." search={(search: object) => ({ ...search, schedule: original.name })} resetScroll={false}>
          {original.name}
        </RowLink>
        <Text fz="xs" c="dimmed">
          {original.about}
        </Text>
      </>
    ),
    meta: { width: "minmax(0, 2fr)", narrow: "title" },
  }),
  column.accessor("cron", {
    header: "When",
    cell: ({ row: { original } }) => (
      <>
        <Text span fz="sm">
          {cronWords(original.cron) ?? <span className="lc-mono">{original.cron}</span>}
        </Text>
        <Text fz="xs" c="dimmed" className="lc-break">
          {original.timezone}
          {original.editedAt && ", changed"}
        </Text>
      </>
    ),
    meta: { width: "minmax(0, 1.1fr)", narrow: "line" },
  }),
  column.accessor("nextAt", {
    header: "Next",
    cell: ({ row: { original } }) =>
      original.paused || original.nextAt === null ? (
        <Status word={{ label: "paused", tone: "warn" }} />
      ) : (
        <Text span fz="sm">
          <span className={css["said"]}>next </span>
          {shortly(original.nextAt)}
        </Text>
      ),
    meta: { width: "120px", narrow: "line" },
  }),
  column.accessor("last", {
    header: "Last",
    cell: ({ row }) => <Last schedule={row.original} />,
    meta: { width: "120px", narrow: "line" },
  }),
  column.accessor("drift", {
    header: "Late by",
    cell: ({
      row: {
        original: { drift },
      },
    }) =>
      drift ? (
        <>
          <span className={css["said"]}>late by </span>
          {lateWords(drift.p50Ms)}
          <Text fz="xs" c="dimmed">
            99% within {lateWords(drift.p99Ms)}
          </Text>
        </>
      ) : (
        <Text span fz="sm" c="dimmed">
          <span className={css["said"]}>nothing started in 24 h</span>
          <span className={css["unsaid"]}>–</span>
        </Text>
      ),
    meta: { width: "136px", narrow: "line" },
  }),
  column.accessor("missed", {
    header: "Missed, 7 days",
    cell: ({
      row: {
        original: { missed },
      },
    }) =>
      missed.week === 0 ? (
        <Text span fz="sm" c="dimmed">
          none<span className={css["said"]}> missed in 7 days</span>
        </Text>
      ) : (
        <>
          <Status word={{ label: `${count(missed.week)} missed`, tone: missed.day > 0 ? "bad" : "warn" }} />
          <Text fz="xs" c="dimmed">
            {missed.day === 0 ? "none today" : `${count(missed.day)} in 24 h`}
          </Text>
        </>
      ),
    meta: { width: "124px", narrow: "line" },
  }),
]) as Columns<Schedule>;

/** The screen. */
export const Schedules = () => {
  const { schedule } = route.useSearch();
  const navigate = useNavigate({ from: "/operations/schedules" });
  const schedules = useRead("schedules.list", {}, { every: 5_000 });
  const rows = schedules.data?.data ?? [];
  const list: Rows<Schedule> = {
    rows,
    total: rows.length,
    loading: schedules.isPending,
    problem: schedules.isError ? schedules.error : null,
    hasMore: false,
    loadingMore: false,
    stale: false,
    loadMore: () => undefined,
    retry: () => void schedules.refetch(),
  };
  const alone = rows.filter(({ attended, paused }) => !attended && !paused);
  const missed = rows.reduce((sum, one) => sum + one.missed.day, 0);
  return (
    <OperationsPage
      title="Schedules"
      lead="What the platform does by itself, and when. Each time is started once, however many processes there are."
    >
      {alone.length > 0 && (
        <Note tone="warn" title={`${counted(alone.length, "schedule")} that nobody works for right now`} role="status">
          No running process does {alone.map(({ name }) => name).join(", ")}. Their jobs wait until one is up.
        </Note>
      )}
      {missed > 0 && (
        <Note tone="warn" title={`${counted(missed, "time")} missed in the last 24 hours`} role="status">
          No process was there to start them, and they were not made up for. Open a schedule to see which.
        </Note>
      )}
      <Section flush>
        <DataTable
          label="Schedules"
          columns={columns}
          list={list}
          rowKey={(row) => row.name}
          rowHeight={68}
          empty={
            <Empty icon="clock" title="No schedule is there yet">
              The scheduler brings them when it starts.
            </Empty>
          }
        />
      </Section>
      <ScheduleDrawer
        name={schedule}
        onClose={() => void navigate({ search: ({ schedule: _, ...rest }) => rest, resetScroll: false })}
      />
    </OperationsPage>
  );
};
