// Queues and their job types, live: how much waits and how long, how fast it goes, what fails and what is paused; and
// the same over time.
import { Button, Text } from "@mantine/core";
import { useState } from "react";
import { useLive } from "../../live.ts";
import { Icon } from "../../parts/icon.tsx";
import { useMay } from "../../parts/may.tsx";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { Figures, PageSkeleton, Section } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead } from "../../query.ts";
import { count, counted, duration, moment, type Word } from "../../words.ts";
import { HoldButton } from "./hold-button.tsx";
import { OperationsPage } from "./operations-page.tsx";
import { QueueCharts } from "./queue-charts.tsx";
import { type Queue, QueueTypes } from "./queue-types.tsx";
import { brief, purposeOf, rate, spread } from "./queue-words.ts";
import css from "./queues.module.css";

const pausedTypes = ({ types }: Queue) => types.filter(({ held }) => held !== null);

/** How much may start and how long the oldest of it waits: without job types that are paused by themselves. */
const startable = (queue: Queue) => ({
  waiting: queue.queued - pausedTypes(queue).reduce((sum, { queued }) => sum + queued, 0),
  oldest: Math.max(0, ...queue.types.map(({ held, oldestSeconds }) => (held ? 0 : (oldestSeconds ?? 0)))),
});

const stateOf = (queue: Queue): Word => {
  if (queue.held) return { label: "paused", tone: "warn" };
  const { waiting, oldest } = startable(queue);
  if (waiting > 0 && queue.running === 0 && oldest > 60) return { label: "waits, and nothing runs", tone: "bad" };
  if (queue.running > 0 || waiting > 0) return { label: "working", tone: "accent" };
  return queue.queued > 0 ? { label: "partly paused", tone: "warn" } : { label: "nothing waits", tone: "good" };
};

const clearsIn = (queue: Queue): string => {
  const { live, queued } = queue;
  if (queued === 0) return "nothing to clear";
  if (queue.held) return "until it is resumed";
  const { waiting } = startable(queue);
  const paused = queued - waiting;
  if (waiting === 0) return "all of paused types";
  if (!live || live.backlogSeconds === null) return "nothing ends at the moment";
  const clear = `clear in ${duration((live.backlogSeconds * waiting) / queued)} at this rate`;
  return paused === 0 ? clear : `${count(paused)} paused, others ${clear}`;
};

const factsOf = (queue: Queue) => [
  { name: "Waiting", value: count(queue.queued), note: clearsIn(queue) },
  {
    name: "Oldest",
    value: queue.oldestSeconds === null ? "–" : brief(queue.oldestSeconds * 1_000),
    note: queue.oldestSeconds === null ? undefined : "has waited so long",
  },
  {
    name: "Running",
    value: count(queue.running),
    note: queue.scheduled > 0 ? `${count(queue.scheduled)} for later` : undefined,
  },
  { name: "Rate", value: queue.live ? rate(queue.live.perSecond) : "–", note: "over the last minute" },
  {
    name: "Failed",
    value: count(queue.day.failed),
    note: `of ${counted(queue.day.finished, "job")} in 24 hours`,
  },
];

const OneQueue = ({ queue, admin }: { readonly queue: Queue; readonly admin: boolean }) => {
  const [open, setOpen] = useState(false);
  const id = `types-of-${queue.name}`;
  const paused = pausedTypes(queue);
  return (
    <Section
      title={
        <span className={css["name"]}>
          {queue.name} <Status word={stateOf(queue)} live={queue.running > 0 && !queue.held} />
        </span>
      }
      aside={admin && <HoldButton kind="queue" name={queue.name} held={queue.held !== null} />}
      flush
    >
      <div className={css["body"]}>
        <Text c="dimmed" fz="sm">
          {purposeOf(queue.name)}
        </Text>
        {queue.held && (
          <Note tone="warn" title={`Paused since ${moment(queue.held.at)}`}>
            {queue.held.reason ? `${queue.held.reason}. ` : ""}
            Nothing of it starts until it is resumed.
          </Note>
        )}
        {!queue.held && paused.length > 0 && (
          <Note tone="warn" title={`Paused: ${paused.map(({ name }) => name).join(", ")}`}>
            The other job types go on. Resume it among the job types below.
          </Note>
        )}
        <Figures facts={factsOf(queue)} />
        <dl className={css["spreads"]}>
          <div>
            <dt>Wait p50 · p95 · p99</dt>
            <dd>{spread(queue.live?.wait)}</dd>
          </div>
          <div>
            <dt>Run p50 · p95 · p99</dt>
            <dd>{spread(queue.live?.run)}</dd>
          </div>
        </dl>
        <Button
          variant="subtle"
          size="compact-sm"
          className={css["more"] ?? ""}
          aria-expanded={open}
          aria-controls={id}
          leftSection={<Icon name={open ? "up" : "down"} size={15} />}
          onClick={() => setOpen(!open)}
        >
          {open ? "Hide" : "Show"} its {counted(queue.types.length, "job type")}
        </Button>
      </div>
      <div id={id}>{open && <QueueTypes queue={queue} admin={admin} />}</div>
    </Section>
  );
};

/** The screen. */
export const Queues = () => {
  const may = useMay();
  const followed = useLive("queues");
  const queues = useRead("jobs.queues", {}, { every: followed ? 15_000 : 2_000 });
  const list = queues.data?.data;
  return (
    <OperationsPage title="Queues" lead="What waits, what runs, how fast it goes and what is paused. Live.">
      {queues.isPending && <PageSkeleton />}
      {queues.isError && <ProblemNote problem={queues.error} retry={() => void queues.refetch()} />}
      {list && (
        <div className={css["queues"]}>
          {list.some(({ live }) => live === null) && (
            <Note tone="warn" title="Redis does not answer">
              Rates and durations of the last minute are unknown until it is back. What waits is safe in Postgres.
            </Note>
          )}
          {list.map((queue) => (
            <OneQueue key={queue.name} queue={queue} admin={may("jobs.pauseQueue")} />
          ))}
          <QueueCharts queues={list} />
        </div>
      )}
    </OperationsPage>
  );
};
