// Jobs over time: how many ended and failed, how long they waited and ran; as charts or as a table of the same figures.
// What is looked at stands in the address.
import { NativeSelect, SegmentedControl, Skeleton } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import type { ApiParams, ApiResult } from "../../api.ts";
import { Chart } from "../../parts/chart.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { useRead } from "../../query.ts";
import { count } from "../../words.ts";
import type { Queue } from "./queue-types.tsx";
import { brief } from "./queue-words.ts";
import css from "./queues.module.css";

const route = getRouteApi("/app/operations/queues");

/** Seconds of each range, seconds per point, and how often it is read again. */
const ranges = {
  "1h": { label: "1 h", seconds: 3_600, step: 60 },
  "24h": { label: "24 h", seconds: 86_400, step: 900 },
  "7d": { label: "7 days", seconds: 604_800, step: 3_600 },
  "90d": { label: "90 days", seconds: 7_776_000, step: 86_400 },
} as const;
type Range = keyof typeof ranges;
const everyMs = 30_000;
/** A rate over less than this says little. */
const leastSeconds = 60;

type Series = ApiResult<"metrics.series">;
type Point = Series["data"][number];

type Stretch = Point & {
  /** Seconds of it that are counted: fewer than its length while it is under way. */
  readonly seconds: number;
};

/** Without what is not counted yet: it would look like a fall. Of the stretch under way, what is counted so far. */
const counted = ({ data, step, completeUntil }: Series): readonly Stretch[] =>
  data
    .map((point) => ({ ...point, seconds: Math.min(step, (Date.parse(completeUntil) - Date.parse(point.at)) / 1_000) }))
    .filter(({ seconds }) => seconds >= Math.min(step, leastSeconds));

const start = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
const perMinute = (value: number): string => `${Math.round(value * 10) / 10}/min`;

const Charts = ({ points }: { readonly points: readonly Stretch[] }) => {
  const charts = useMemo(() => {
    const times = points.map(({ at }) => at);
    const ended = ({ completed, failed, seconds }: Stretch) => ((completed + failed) * 60) / seconds;
    return {
      times,
      throughput: [{ name: "Jobs", values: points.map(ended), tone: "accent" as const }],
      failures: [
        { name: "Failed", values: points.map(({ failed }) => failed), tone: "bad" as const },
        { name: "Tried again", values: points.map(({ retried }) => retried), tone: "muted" as const },
      ],
      wait: [{ name: "Wait p95", values: points.map(({ wait }) => wait?.p95 ?? null), tone: "accent" as const }],
      run: [{ name: "Run p95", values: points.map(({ run }) => run?.p95 ?? null), tone: "accent" as const }],
    };
  }, [points]);
  const common = { times: charts.times, sync: "queues" };
  return (
    <div className={css["charts"]}>
      <Chart title="Jobs that ended, a minute" series={charts.throughput} format={perMinute} {...common} />
      <Chart title="Failures" series={charts.failures} format={(value) => count(Math.round(value))} whole {...common} />
      <Chart title="Wait, p95" series={charts.wait} format={brief} {...common} />
      <Chart title="Run, p95" series={charts.run} format={brief} {...common} />
    </div>
  );
};

const Table = ({ points, step }: { readonly points: readonly Stretch[]; readonly step: number }) => {
  const busy = points.filter(({ completed, failed, retried }) => completed + failed + retried > 0).reverse();
  if (busy.length === 0) return <p className={css["nothing"]}>No job ended in this time.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard.
    <section className={css["scroll"]} aria-label="Jobs over time, table" tabIndex={0}>
      <table className={css["table"]}>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Ended</th>
            <th scope="col">Failed</th>
            <th scope="col">Tried again</th>
            <th scope="col">Wait p95</th>
            <th scope="col">Run p95</th>
          </tr>
        </thead>
        <tbody>
          {busy.map((point) => (
            <tr key={point.at}>
              <th scope="row">
                {start.format(new Date(point.at))}
                {point.seconds < step && ", so far"}
              </th>
              <td>{count(point.completed + point.failed)}</td>
              <td>{count(point.failed)}</td>
              <td>{count(point.retried)}</td>
              <td>{point.wait ? brief(point.wait.p95) : "–"}</td>
              <td>{point.run ? brief(point.run.p95) : "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
};

/** The section with its choices. */
export const QueueCharts = ({ queues }: { readonly queues: readonly Queue[] }) => {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/operations/queues" });
  const range: Range = search.range ?? "1h";
  const { seconds, step } = ranges[range];
  // The same parameters for half a minute, so that every part of the app that asks shares the answer.
  const now = Math.ceil(Date.now() / everyMs) * everyMs;
  const params: ApiParams<"metrics.series"> = {
    from: new Date(now - seconds * 1_000).toISOString(),
    step,
    ...(search.of?.startsWith("queue:") ? { queue: search.of.slice(6) } : {}),
    ...(search.of?.startsWith("type:") ? { type: search.of.slice(5) } : {}),
  };
  const series = useRead("metrics.series", params, { every: everyMs, keep: true });
  const points = useMemo(() => (series.data ? counted(series.data) : []), [series.data]);
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false });
  return (
    <Section title="Over time">
      <div className={css["choices"]}>
        <NativeSelect
          label="Of"
          value={search.of ?? ""}
          onChange={(event) => set({ of: event.currentTarget.value || undefined })}
        >
          <option value="">Every queue</option>
          {queues.map((queue) => (
            <optgroup key={queue.name} label={queue.name}>
              <option value={`queue:${queue.name}`}>The queue {queue.name}</option>
              {queue.types.map(({ name }) => (
                <option key={name} value={`type:${name}`}>
                  {name}
                </option>
              ))}
            </optgroup>
          ))}
        </NativeSelect>
        <SegmentedControl
          aria-label="Time"
          value={range}
          onChange={(value) => set({ range: value as Range })}
          data={Object.entries(ranges).map(([value, { label }]) => ({ value, label }))}
        />
        <SegmentedControl
          aria-label="Shown as"
          value={search.view ?? "charts"}
          onChange={(value) => set({ view: value === "table" ? "table" : undefined })}
          data={[
            { value: "charts", label: "Charts" },
            { value: "table", label: "Table" },
          ]}
        />
      </div>
      {series.isPending && <Skeleton height={200} />}
      {series.isError && <ProblemNote problem={series.error} retry={() => void series.refetch()} />}
      {series.data &&
        (search.view === "table" ? <Table points={points} step={series.data.step} /> : <Charts points={points} />)}
    </Section>
  );
};
