// What Prometheus learns of the whole platform, told by the processes of this group: queues, outbox, streams, schedules.
// Read when somebody asks, and once for all who ask within a few seconds.
import type { Deps } from "../../../shared/broker/deps.ts";
import { onScrape, tellGauge } from "../../../shared/broker/metrics.ts";
import { oldestEventSeconds, waitingEvents } from "../../../shared/jobs/backlog.ts";
import { countLetters } from "../../../shared/jobs/dead-letters.ts";
import { sharedRead } from "../../../shared/lib/shared-read.ts";
import { soon } from "../../../shared/messaging/soon.ts";
import { streamDepths } from "../../../shared/streams/stream-depths.ts";
import { scheduleHealth } from "../store.ts";
import { showQueues } from "./queues.ts";

const states = ["scheduled", "queued", "running"] as const;

const tellQueues = async (deps: Deps): Promise<void> => {
  const { data } = await showQueues(deps);
  tellGauge(
    "lc_queue_jobs",
    data.flatMap((queue) => states.map((state) => ({ labels: { queue: queue.name, state }, value: queue[state] }))),
  );
  tellGauge(
    "lc_queue_oldest_seconds",
    data.map((queue) => ({ labels: { queue: queue.name }, value: queue.oldestSeconds ?? 0 })),
  );
  tellGauge(
    "lc_queue_held",
    data.map((queue) => ({ labels: { queue: queue.name }, value: queue.held ? 1 : 0 })),
  );
};

const mostEvents = 10_000;

const tellOutbox = async (deps: Deps): Promise<void> => {
  const [events, oldestSeconds] = await Promise.all([waitingEvents(deps.db, mostEvents), oldestEventSeconds(deps.db)]);
  tellGauge("lc_outbox_events", [{ labels: {}, value: events }]);
  tellGauge("lc_outbox_oldest_seconds", [{ labels: {}, value: oldestSeconds }]);
};

const tellLetters = async (deps: Deps): Promise<void> => {
  const dead = await countLetters(deps.db);
  tellGauge(
    "lc_dead_letters",
    dead.map(({ group, count }) => ({ labels: { group }, value: count })),
  );
};

const tellStreams = async ({ redis }: Deps): Promise<void> => {
  const streams = await soon(redis, () => streamDepths(redis));
  tellGauge(
    "lc_stream_entries",
    streams.map(({ stream, entries }) => ({ labels: { stream }, value: entries })),
  );
  const perGroup = (field: "pending" | "unread") =>
    streams.flatMap(({ stream, groups }) =>
      groups.map((one) => ({ labels: { stream, group: one.group }, value: one[field] })),
    );
  tellGauge("lc_stream_pending", perGroup("pending"));
  tellGauge("lc_stream_unread", perGroup("unread"));
};

const tellSchedules = async (deps: Deps): Promise<void> => {
  const rows = await scheduleHealth(deps.db);
  tellGauge(
    "lc_schedule_drift_seconds",
    rows.flatMap(({ name, driftMs }) =>
      driftMs === null ? [] : [{ labels: { schedule: name }, value: driftMs / 1_000 }],
    ),
  );
  tellGauge(
    "lc_schedule_missed",
    rows.map(({ name, missed }) => ({ labels: { schedule: name }, value: missed })),
  );
};

/** Tells whenever somebody asks; call the answer to stop. */
export const watchPlatform = (deps: Deps): (() => void) => {
  const rarely = (read: () => Promise<void>) => sharedRead(read, { leastMs: 2_000, now: deps.clock.monotonic });
  const stops = [
    onScrape("queues", ["lc_queue_jobs", "lc_queue_oldest_seconds", "lc_queue_held"], () => tellQueues(deps)),
    onScrape(
      "outbox",
      ["lc_outbox_events", "lc_outbox_oldest_seconds"],
      rarely(() => tellOutbox(deps)),
    ),
    onScrape(
      "streams",
      ["lc_stream_entries", "lc_stream_pending", "lc_stream_unread"],
      rarely(() => tellStreams(deps)),
    ),
    onScrape(
      "dead letters",
      ["lc_dead_letters"],
      rarely(() => tellLetters(deps)),
    ),
    onScrape(
      "schedules",
      ["lc_schedule_drift_seconds", "lc_schedule_missed"],
      rarely(() => tellSchedules(deps)),
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};
