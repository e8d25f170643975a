// One process: what it works on right now, how it is, and draining it.
import { Button, Drawer, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import type { Worker } from "../../../../shared/contracts/workers.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { useMay } from "../../parts/may.tsx";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { Facts } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead, useWrite } from "../../query.ts";
import { count, duration, moment, share, size } from "../../words.ts";
import { leftBehind, secondsSince, workerName, workerWords } from "./worker-words.ts";
import css from "./workers.module.css";

const Drain = ({ worker }: { readonly worker: Worker }) => {
  const [asking, ask] = useDisclosure(false);
  const touches = ["workers"];
  const drain = useWrite("workers.drain", {
    touches,
    done: () => {
      ask.close();
      notifications.show({ message: "It takes no more work. What it has in hand it finishes." });
    },
  });
  const undrain = useWrite("workers.undrain", {
    touches,
    done: () => notifications.show({ message: "It takes work again." }),
  });
  if (worker.state === "draining")
    return (
      <Stack gap="xs" align="flex-start">
        {undrain.error && <ProblemNote problem={undrain.error} />}
        <Button loading={undrain.isPending} onClick={() => undrain.mutate({ node: worker.node })}>
          Let it work again
        </Button>
      </Stack>
    );
  return (
    <>
      <Button variant="default" onClick={ask.open}>
        Drain
      </Button>
      <Confirm
        opened={asking}
        title={`Drain ${workerName(worker)}?`}
        act="Drain it"
        pending={drain.isPending}
        problem={drain.error}
        onConfirm={() => drain.mutate({ node: worker.node })}
        onClose={ask.close}
      >
        It finishes what it has in hand and takes nothing new: no jobs, no messages. Other processes of the same kind
        carry on; where there is none, its work waits. It stays so until you let it work again, or it is restarted.
      </Confirm>
    </>
  );
};

const Jobs = ({ worker }: { readonly worker: Worker }) => {
  const running = worker.jobs.flatMap(({ jobs }) => jobs).sort((a, b) => b.ms - a.ms);
  return (
    <section aria-label="Running jobs">
      <Title order={3} fz="md" mb={6}>
        In hand
      </Title>
      {running.length === 0 && (
        <Text fz="sm" c="dimmed">
          No job runs here right now.
        </Text>
      )}
      <ul className={css["plain"]}>
        {running.map((job) => (
          <li key={job.id}>
            <a href={`/operations/jobs/${job.id}`}>{job.type}</a>
            <span className="lc-numbers">{duration(job.ms / 1000)}</span>
          </li>
        ))}
      </ul>
      {worker.senders.map((sender) => (
        <Text key={sender.channel} fz="sm" mt={6}>
          Sends {sender.channel}: {count(sender.inFlight)} on their way, {count(sender.ready)} ready,{" "}
          {count(sender.sent)} taken by the provider since it began, {count(sender.perSecond)} a second now.
        </Text>
      ))}
    </section>
  );
};

const factsOf = (worker: Worker) => [
  { name: "Process", value: <span className="lc-mono">{worker.node}</span> },
  { name: "Services", value: worker.services.join(", ") },
  {
    name: "Version",
    value: worker.commit ? `${worker.version} (${worker.commit.slice(0, 8)})` : worker.version,
  },
  { name: "Began", value: `${moment(worker.startedAt)}, ${duration(secondsSince(worker.startedAt))} ago` },
  { name: "Last heard of", value: moment(worker.seenAt) },
  { name: "Slots", value: `${count(worker.running)} of ${count(worker.slots)} taken` },
  { name: "Processor", value: `${share(worker.cpu, 1)} of one core` },
  { name: "Memory", value: `${size(worker.rss)}, ${size(worker.heapUsed)} of it objects` },
  { name: "Event loop", value: `${worker.loop.p50} ms late, at worst ${worker.loop.p99} ms` },
  {
    name: "Postgres",
    value: `${worker.pool.used} of ${worker.pool.max} connections in use, ${worker.pool.waiting} waiting for one`,
  },
  {
    name: "Looks for work",
    value: worker.relaySilentMs === null ? "not this process" : `last ${duration(worker.relaySilentMs / 1000)} ago`,
  },
];

/** It lives and takes jobs or messages. */
const drainable = ({ state, jobs, senders }: Worker) =>
  (state === "working" || state === "draining") && jobs.length + senders.length > 0;

/** Drawer of the process with this name; closed without one. */
export const WorkerDrawer = ({
  node,
  onClose,
}: {
  readonly node: string | undefined;
  readonly onClose: () => void;
}) => {
  const may = useMay();
  const worker = useRead("workers.get", { node: node ?? "" }, { enabled: node !== undefined, every: 2_000 });
  const { data } = worker;
  return (
    <Drawer
      opened={node !== undefined}
      onClose={onClose}
      size="lg"
      title={data ? workerName(data) : "Process"}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {worker.isPending && <Skeleton height={320} role="status" aria-label="Loading the process" />}
      {worker.isError && <ProblemNote problem={worker.error} retry={() => void worker.refetch()} />}
      {data && (
        <Stack gap="md" align="stretch">
          <Status word={workerWords[data.state]} />
          {data.state === "gone" && (
            <Note tone="bad" title="It vanished without a goodbye">
              {leftBehind(data.held)}
            </Note>
          )}
          {may("workers.drain") && drainable(data) && (
            <div>
              <Drain worker={data} />
            </div>
          )}
          {data.state !== "gone" && <Jobs worker={data} />}
          <Facts facts={factsOf(data)} />
        </Stack>
      )}
    </Drawer>
  );
};
