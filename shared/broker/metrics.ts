// What this process counts and measures, as Prometheus reads it. Counting is cheap and always on; what has to be looked
// up is looked up when somebody asks, by collectors, each with a deadline: one that hangs costs its own metrics only.
import { Counter, collectDefaultMetrics, Gauge, Histogram, type Metric, Registry } from "prom-client";
import { type MetricName, type MetricSpec, metricTable } from "./metric-table.ts";

type Table = typeof metricTable;
type NamesOf<K extends MetricSpec["kind"]> = { [N in MetricName]: Table[N]["kind"] extends K ? N : never }[MetricName];
type LabelsOf<N extends MetricName> = Readonly<Record<Table[N]["labels"][number], string>>;

const registry = new Registry();
const counters = new Map<string, Counter>();
const gauges = new Map<string, Gauge>();
const histograms = new Map<string, Histogram>();
/** Histograms that are counted elsewhere, in buckets of their own, and only told when somebody asks. */
const told: ReadonlySet<string> = new Set<MetricName>(["lc_job_wait_seconds", "lc_job_run_seconds"]);
const requestBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

for (const [name, { kind, labels, meaning }] of Object.entries(metricTable)) {
  const common = { name, help: meaning, labelNames: [...labels], registers: [registry] };
  if (kind === "counter") counters.set(name, new Counter(common));
  else if (kind === "gauge") {
    const gauge = new Gauge(common);
    // Without labels it would begin as 0, which nobody has found out.
    if (labels.length === 0) gauge.remove();
    gauges.set(name, gauge);
  } else if (!told.has(name)) histograms.set(name, new Histogram({ ...common, buckets: requestBuckets }));
}

/** Adds to a counter. */
export const countMetric = <N extends NamesOf<"counter">>(name: N, labels: LabelsOf<N>, by = 1): void =>
  counters.get(name)?.inc(labels, by);

/** Sets a counter to what was counted elsewhere. */
export const tellCounter = <N extends NamesOf<"counter">>(
  name: N,
  values: readonly { readonly labels: LabelsOf<N>; readonly value: number }[],
): void => {
  const counter = counters.get(name);
  counter?.reset();
  for (const { labels, value } of values) counter?.inc(labels, value);
};

/** Sets a gauge: series that are not named are gone. */
export const tellGauge = <N extends NamesOf<"gauge">>(
  name: N,
  values: readonly { readonly labels: LabelsOf<N>; readonly value: number }[],
): void => {
  const gauge = gauges.get(name);
  gauge?.reset();
  if (metricTable[name].labels.length === 0) gauge?.remove();
  for (const { labels, value } of values) gauge?.set(labels, value);
};

/** Notes a duration. */
export const observeSeconds = <N extends NamesOf<"histogram">>(name: N, labels: LabelsOf<N>, seconds: number): void =>
  histograms.get(name)?.observe(labels, seconds);

/** A histogram that was counted elsewhere: counts up to and including each bound in seconds, and the sum in seconds. */
export interface ToldHistogram {
  readonly labels: Readonly<Record<string, string>>;
  readonly counts: readonly { readonly le: number | "+Inf"; readonly count: number }[];
  readonly sum: number;
}

const toldValues = new Map<string, readonly ToldHistogram[]>();
for (const name of told) {
  const { meaning } = metricTable[name as MetricName];
  const get = async () => ({
    name,
    help: meaning,
    type: "histogram",
    aggregator: "sum",
    values: (toldValues.get(name) ?? []).flatMap(({ labels, counts, sum }) => [
      ...counts.map(({ le, count }) => ({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: count })),
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: counts.at(-1)?.count ?? 0 },
    ]),
  });
  // The border to prom-client: all that its registry asks of a metric is a name and this answer.
  registry.registerMetric({ name, get } as unknown as Metric);
}

/** Sets a histogram to what was counted elsewhere. */
export const tellHistogram = (name: "lc_job_wait_seconds" | "lc_job_run_seconds", values: readonly ToldHistogram[]) => {
  toldValues.set(name, values);
};

interface Collector {
  readonly part: string;
  readonly names: readonly NamesOf<"gauge">[];
  readonly collect: () => Promise<void> | void;
  running: boolean;
}
const collectors = new Set<Collector>();
const collectMs = 3_000;

/**
 * Looks `names` up whenever somebody reads the metrics; call the answer to stop. When `collect` fails or takes longer
 * than 3 s, those metrics are left out and counted in lc_scrape_errors_total as `part`.
 */
export const onScrape = (
  part: string,
  names: readonly NamesOf<"gauge">[],
  collect: () => Promise<void> | void,
): (() => void) => {
  const collector: Collector = { part, names, collect, running: false };
  collectors.add(collector);
  return () => {
    collectors.delete(collector);
    for (const name of names) tellGauge(name, []);
  };
};

const runCollector = async (collector: Collector): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  try {
    if (collector.running) throw new Error("the look before this one has not ended");
    collector.running = true;
    const work = (async () => collector.collect())().finally(() => {
      collector.running = false;
    });
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`it took more than ${collectMs} ms`)), collectMs);
    });
    await Promise.race([work, late]);
  } catch {
    // Said by the counter, which is what whoever reads this page looks at.
    countMetric("lc_scrape_errors_total", { part: collector.part });
    for (const name of collector.names) tellGauge(name, []);
  } finally {
    clearTimeout(timer);
  }
};

let ownProcess = false;

/** Every metric of this process as text. Takes at most about 3 s. */
export const renderMetrics = async (): Promise<string> => {
  // Watching the event loop costs a timer, so it begins with the first who asks.
  if (!ownProcess) collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
  ownProcess = true;
  await Promise.all([...collectors].map(runCollector));
  return registry.metrics();
};

export const metricsType = registry.contentType;
