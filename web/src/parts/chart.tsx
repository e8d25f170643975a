// A chart of values over time, drawn by uPlot, which loads with the first one. What it shows is also said in words for
// those who do not see it; screens offer the same figures as a table beside it.
import { Skeleton, Text, useComputedColorScheme } from "@mantine/core";
import "uplot/dist/uPlot.min.css";
import { useEffect, useRef, useState } from "react";
import type UPlot from "uplot";
import css from "./chart.module.css";

export interface ChartSeries {
  readonly name: string;
  /** One per time; null where there is none. */
  readonly values: readonly (number | null)[];
  readonly tone: "accent" | "warn" | "bad" | "muted";
}

export interface ChartProps {
  readonly title: string;
  /** Instants, oldest first. */
  readonly times: readonly string[];
  readonly series: readonly ChartSeries[];
  /** A value as people read it: 1.2 s. */
  readonly format: (value: number) => string;
  /** True: the values are whole, and so is what stands beside the axis. */
  readonly whole?: boolean;
  /** Charts with the same key show the same moment under the pointer. */
  readonly sync?: string;
}

const colours = { accent: "--lc-accent-strong", warn: "--lc-warn", bad: "--lc-bad", muted: "--lc-muted" } as const;
const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const height = 180;

/** The latest and the highest value in words. */
const spoken = ({ title, times, series, format }: ChartProps): string => {
  const parts = series.flatMap(({ name, values }) => {
    const known = values.flatMap((value, index) => (value === null ? [] : [{ value, at: times[index] ?? "" }]));
    const [last] = known.slice(-1);
    if (!last) return [];
    const highest = known.reduce((most, one) => (one.value > most.value ? one : most), last);
    const when = new Date(highest.at).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
    return [`${name}: latest ${format(last.value)}, highest ${format(highest.value)} at ${when}`];
  });
  return `${title}. ${parts.length > 0 ? parts.join(". ") : "Nothing was measured in this time."}`;
};

const daySeconds = 86_400;
const clock = new Intl.DateTimeFormat("en", { timeStyle: "short" });
const date = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });
const dateTime = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const wholeSteps = [1, 2, 5].flatMap((one) => Array.from({ length: 10 }, (_, power) => one * 10 ** power));
wholeSteps.sort((a, b) => a - b);

/** Instants beside the axis: as times within two days, else as dates. */
const timesBeside = (chart: UPlot, ticks: readonly number[]): string[] => {
  const { min = 0, max = 0 } = chart.scales["x"] ?? {};
  const format = (max ?? 0) - (min ?? 0) <= 2 * daySeconds ? clock : date;
  return ticks.map((tick) => format.format(new Date(tick * 1_000)));
};
/** What the legend says of a series: under the pointer, or else the latest. */
const atPointer = (chart: UPlot, index: number, at: number | null): number | null | undefined =>
  chart.data[index]?.[at ?? chart.data[index].length - 1];

/** Values without a neighbour, which no line would show. */
const alone = (chart: UPlot, index: number): number[] => {
  const values = [...(chart.data[index] ?? [])];
  const missing = (at: number) => (values[at] ?? null) === null;
  return values.flatMap((_, at) => (!missing(at) && missing(at - 1) && missing(at + 1) ? [at] : []));
};

const optionsOf = ({ series, format, whole, sync }: ChartProps, width: number): UPlot.Options => {
  const axis = {
    stroke: () => colour("--lc-muted"),
    grid: { stroke: () => colour("--lc-line"), width: 1 },
    ticks: { show: false },
    font: "12px Inter Variable, sans-serif",
  };
  return {
    width,
    height,
    cursor: { y: false, ...(sync ? { sync: { key: sync } } : {}), points: { size: 7 } },
    legend: { live: true },
    scales: { y: { range: (_chart, _min, max) => [0, max > 0 ? max * 1.1 : 1] } },
    axes: [
      { ...axis, space: 68, values: timesBeside },
      {
        ...axis,
        size: 62,
        ...(whole ? { incrs: wholeSteps } : {}),
        values: (_chart, ticks) => ticks.map((tick) => format(tick)),
      },
    ],
    series: [
      {
        label: "Time",
        value: (chart: UPlot, _value: number, index: number, at: number | null) => {
          const seconds = atPointer(chart, index, at);
          return typeof seconds === "number" ? dateTime.format(new Date(seconds * 1_000)) : "–";
        },
      },
      ...series.map(({ name, tone }) => ({
        label: name,
        stroke: () => colour(colours[tone]),
        width: 1.75,
        points: { show: true, size: 5, fill: () => colour(colours[tone]), filter: alone },
        value: (chart: UPlot, _value: number | null, index: number, at: number | null) => {
          const value = atPointer(chart, index, at);
          return typeof value === "number" ? format(value) : "–";
        },
      })),
    ] as UPlot.Series[],
  };
};

/** One chart; as wide as its place. */
export const Chart = (props: ChartProps) => {
  const { title, times, series } = props;
  const place = useRef<HTMLDivElement>(null);
  const [ready, setReady] = useState(false);
  const scheme = useComputedColorScheme();
  const latest = useRef(props);
  latest.current = props;
  const shape = series.map(({ name, tone }) => `${name} ${tone}`).join();
  const drawn = useRef<UPlot>(undefined);

  // A new theme or other series need a new chart; new values do not.
  useEffect(() => {
    const box = place.current;
    if (!box) return;
    let gone = false;
    const resize = new ResizeObserver(() => drawn.current?.setSize({ width: box.clientWidth, height }));
    void import("uplot").then(({ default: Plot }) => {
      if (gone) return;
      drawn.current = new Plot(optionsOf(latest.current, box.clientWidth), dataOf(latest.current), box);
      resize.observe(box);
      setReady(true);
    });
    return () => {
      gone = true;
      resize.disconnect();
      drawn.current?.destroy();
      drawn.current = undefined;
    };
  }, [scheme, shape]);

  useEffect(() => {
    drawn.current?.setData(dataOf({ times, series }));
  }, [times, series]);

  return (
    <figure className={css["chart"]}>
      <Text component="figcaption" fz="sm" fw={600}>
        {title}
      </Text>
      <div role="img" aria-label={spoken(props)}>
        {!ready && <Skeleton height={height} />}
        <div ref={place} className={css["place"]} aria-hidden="true" />
      </div>
    </figure>
  );
};

const dataOf = ({ times, series }: Pick<ChartProps, "times" | "series">): UPlot.AlignedData => [
  times.map((at) => Date.parse(at) / 1_000),
  ...series.map(({ values }) => [...values]),
];
