// Queues and their job types: how much waits, how long, what runs, and what is held.
import { Section } from "../../parts/page.tsx";
import { useRead } from "../../query.ts";
import { moment } from "../../words.ts";
import { OperationsPage } from "./operations-page.tsx";

/** The screen. */
export const Queues = () => {
  const queues = useRead("jobs.queues", {}, { every: 2_000 });
  return (
    <OperationsPage title="Queues" lead="What waits, what runs and what is held, by queue.">
      {queues.data?.data.map((queue) => (
        <Section key={queue.name} title={queue.name}>
          {queue.queued} waiting, {queue.running} running, {queue.scheduled} for later
          {queue.oldestDueAt && `, oldest since ${moment(queue.oldestDueAt)}`}
          {queue.held && `, held since ${moment(queue.held.at)}`}
        </Section>
      ))}
    </OperationsPage>
  );
};
