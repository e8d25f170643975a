// Acts on many jobs: the bar over the chosen ones, the question with the exact number, and how far the act has come.
import { Button, Group, Modal, Progress, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import type { ApiParams } from "../../api.ts";
import { TextLink } from "../../parts/link.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import type { Selection } from "../../parts/selection.tsx";
import { refresh, useRead, useWrite } from "../../query.ts";
import { count } from "../../words.ts";
import { isLive, type JobFilter, type JobVerb, jobsCounted, verbWords } from "./job-words.ts";
import css from "./jobs.module.css";

export type WhichJobs = { readonly ids: string[] } | { readonly filter: JobFilter };
export interface AskedAct {
  readonly act: JobVerb;
  readonly which: WhichJobs;
}

interface AskProps extends AskedAct {
  readonly onClose: () => void;
  readonly onStarted: (jobId: string) => void;
}

const Ask = ({ act, which, onClose, onStarted }: AskProps) => {
  const words = verbWords[act];
  const params = { act, ...which } as ApiParams<"jobs.bulk">;
  const counting = useRead("jobs.bulk", { ...params, dryRun: true });
  const [typed, setTyped] = useState("");
  const start = useWrite("jobs.bulk", {
    touches: ["jobs"],
    done: ({ jobId }) => (jobId === null ? onClose() : onStarted(jobId)),
  });
  const expected = counting.data?.matched;
  const ready =
    expected !== undefined &&
    expected > 0 &&
    !counting.isFetching &&
    (!words.typed || typed.replace(/\D/g, "") === String(expected));
  const go = () => {
    if (ready) start.mutate({ ...params, expected });
  };
  return (
    <Stack gap="md">
      {counting.isError ? (
        <ProblemNote problem={counting.error} retry={() => void counting.refetch()} />
      ) : expected === undefined ? (
        <Skeleton height={24} />
      ) : (
        <Text aria-live="polite">
          {expected === 0 ? (
            "None of these jobs is in a state that allows it."
          ) : (
            <>
              Exactly <strong>{jobsCounted(expected)}</strong>, as of now. What comes later is not in it.
            </>
          )}
        </Text>
      )}
      <Text fz="sm" c="dimmed">
        {words.note}
      </Text>
      {words.typed && expected !== undefined && expected > 0 && (
        <TextInput
          label={`Type ${count(expected)} to confirm`}
          inputMode="numeric"
          data-autofocus
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") go();
          }}
        />
      )}
      {start.error && <ProblemNote problem={start.error} />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          Leave it
        </Button>
        {start.error?.code === "BULK_COUNT_CHANGED" ? (
          <Button
            onClick={() => {
              start.reset();
              setTyped("");
              void counting.refetch();
            }}
          >
            Show the new number
          </Button>
        ) : (
          <Button {...(words.typed ? { color: "red.8" } : {})} disabled={!ready} loading={start.isPending} onClick={go}>
            {words.long(expected === undefined ? "…" : jobsCounted(expected))}
          </Button>
        )}
      </Group>
    </Stack>
  );
};

const Under = ({ jobId, onClose }: { readonly jobId: string; readonly onClose: () => void }) => {
  const job = useRead("jobs.get", { id: jobId }, { every: 700 });
  const { data } = job;
  const over = data !== undefined && !isLive(data.state);
  useEffect(() => {
    if (over) void refresh(["jobs.list", "jobs.failures", "jobs.queues"]);
  }, [over]);
  return (
    <Stack gap="md">
      {job.isError && <ProblemNote problem={job.error} retry={() => void job.refetch()} />}
      {over ? (
        <Text role="status">
          {data.state === "completed"
            ? `Done. ${data.log.at(-1) ?? ""}`
            : `It ended early: ${data.error?.message ?? data.state}`}
        </Text>
      ) : (
        <>
          <Progress value={100 * (data?.progress ?? 0)} aria-label="Progress of the act" animated />
          <Text fz="sm" c="dimmed">
            It carries on when you close this.
          </Text>
        </>
      )}
      <Group justify="space-between">
        <TextLink to="/operations/jobs/$id" params={{ id: jobId }} fz="sm">
          The job that does it
        </TextLink>
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
      </Group>
    </Stack>
  );
};

export interface JobBulkDialogProps {
  /** The act to ask about; undefined keeps the dialog shut. */
  readonly asked: AskedAct | undefined;
  readonly onClose: () => void;
  readonly onStarted?: () => void;
}

/** The question before an act on many jobs, and its progress after. */
export const JobBulkDialog = ({ asked, onClose, onStarted }: JobBulkDialogProps) => {
  const [jobId, setJobId] = useState<string>();
  const close = () => {
    setJobId(undefined);
    onClose();
  };
  return (
    <Modal
      opened={asked !== undefined}
      onClose={close}
      title={asked ? verbWords[asked.act].title : ""}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {asked &&
        (jobId === undefined ? (
          <Ask
            {...asked}
            onClose={close}
            onStarted={(id) => {
              setJobId(id);
              onStarted?.();
            }}
          />
        ) : (
          <Under jobId={jobId} onClose={close} />
        ))}
    </Modal>
  );
};

export interface JobBulkBarProps {
  readonly selection: Selection;
  readonly filter: JobFilter;
  readonly loaded: number;
  /** True when more match than are loaded. */
  readonly more: boolean;
}

/** What can be done with the chosen jobs; at the foot of the screen while any are chosen. */
export const JobBulkBar = ({ selection, filter, loaded, more }: JobBulkBarProps) => {
  const [asked, setAsked] = useState<AskedAct>();
  const any = selection.all || selection.ids.size > 0;
  const tooMany = !selection.all && selection.ids.size > mostIds;
  const which: WhichJobs = selection.all ? { filter } : { ids: [...selection.ids] };
  return (
    <>
      {any && (
        <section className={css["bar"]} aria-label="Chosen jobs">
          <Group gap="xs" justify="space-between">
            <Text fz="sm" fw={600} aria-live="polite">
              {selection.all ? "All jobs that match" : `${jobsCounted(selection.ids.size)} chosen`}
            </Text>
            <Group gap={6}>
              {!selection.all && (more || loaded > selection.ids.size) && (
                <Button variant="subtle" size="compact-sm" onClick={selection.chooseAll}>
                  Choose all that match
                </Button>
              )}
              <Button variant="subtle" color="gray" size="compact-sm" onClick={selection.clear}>
                Choose none
              </Button>
            </Group>
          </Group>
          {tooMany && <Text fz="sm">More than 1,000 are chosen one by one; choose all that match instead.</Text>}
          <Group gap={6}>
            {(["retry", "cancel", "delete"] as const).map((act) => (
              <Button
                key={act}
                variant="default"
                size="compact-sm"
                disabled={tooMany}
                className={act === "retry" ? "" : (css["danger"] ?? "")}
                onClick={() => setAsked({ act, which })}
              >
                {verbWords[act].short}
              </Button>
            ))}
          </Group>
        </section>
      )}
      <JobBulkDialog asked={asked} onClose={() => setAsked(undefined)} onStarted={selection.clear} />
    </>
  );
};
/** Ids that one request takes. */
const mostIds = 1_000;
