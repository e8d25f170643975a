// One schedule: its settings in words, its next times, what became of the last ones, and what an operator may do with it.
import { Button, Drawer, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useEffect, useState } from "react";
import type { ApiResult } from "../../api.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Icon } from "../../parts/icon.tsx";
import { TextLink } from "../../parts/link.tsx";
import { useMay } from "../../parts/may.tsx";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { Facts } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead, useWrite } from "../../query.ts";
import { count, moment } from "../../words.ts";
import { ScheduleForm } from "./schedule-form.tsx";
import { catchUpWords, cronWords, inZone, lateWords, outcomeWords, overlapWords, ownZone } from "./schedule-words.ts";
import css from "./schedules.module.css";

type Shown = ApiResult<"schedules.get">;
type Act = "run" | "pause" | "resume" | "reset";

const questions: Readonly<Record<Act, { title: string; words: string; act: string }>> = {
  run: {
    title: "Run it now?",
    words: "Its job is started once, in addition to the times of the schedule.",
    act: "Run now",
  },
  pause: {
    title: "Pause the schedule?",
    words:
      "Nothing of it starts until you resume it, and what passes meanwhile is not made up for. A job that runs goes on.",
    act: "Pause",
  },
  resume: { title: "Resume the schedule?", words: "It starts again at its next time.", act: "Resume" },
  reset: {
    title: "Go back to the platform's own settings?",
    words: "Your changes are given up. From then on the schedule follows what new versions bring.",
    act: "Go back",
  },
};

const Acts = ({ schedule, onEdit }: { readonly schedule: Shown; readonly onEdit: () => void }) => {
  // The question stays while its dialog goes away.
  const [asked, setAsked] = useState<Act>("run");
  const [opened, setOpened] = useState(false);
  const { name } = schedule;
  const done = (message: string) => () => {
    notifications.show({ message });
    setOpened(false);
  };
  const touches = ["schedules", "jobs"];
  const writes = {
    run: useWrite("schedules.run", { touches, done: done("Its job is started.") }),
    pause: useWrite("schedules.pause", { touches, done: done(`${name} is paused.`) }),
    resume: useWrite("schedules.resume", { touches, done: done(`${name} goes on.`) }),
    reset: useWrite("schedules.reset", { touches, done: done(`${name} has its own settings again.`) }),
  };
  const question = questions[asked];
  const ask = (act: Act) => {
    writes[act].reset();
    setAsked(act);
    setOpened(true);
  };
  return (
    <Group gap="xs">
      <Button variant="default" leftSection={<Icon name="bolt" size={15} />} onClick={() => ask("run")}>
        Run now
      </Button>
      {schedule.paused ? (
        <Button variant="default" leftSection={<Icon name="play" size={15} />} onClick={() => ask("resume")}>
          Resume
        </Button>
      ) : (
        <Button variant="default" leftSection={<Icon name="pause" size={15} />} onClick={() => ask("pause")}>
          Pause
        </Button>
      )}
      <Button variant="default" leftSection={<Icon name="edit" size={15} />} onClick={onEdit}>
        Change
      </Button>
      {schedule.editedAt && (
        <Button variant="subtle" onClick={() => ask("reset")}>
          Undo the changes
        </Button>
      )}
      <Confirm
        opened={opened}
        title={question.title}
        act={question.act}
        pending={writes[asked].isPending}
        problem={writes[asked].error}
        onConfirm={() => writes[asked].mutate({ name })}
        onClose={() => setOpened(false)}
      >
        {question.words}
      </Confirm>
    </Group>
  );
};

const SlotLine = ({ slot, timezone }: { readonly slot: Shown["slots"][number]; readonly timezone: string }) => {
  const word = outcomeWords[slot.outcome];
  const details = [
    slot.driftMs === null ? undefined : `${lateWords(slot.driftMs)}${slot.driftMs < 0 ? "" : " late"}`,
    slot.job?.state,
  ].filter(Boolean);
  return (
    <li>
      <span>{inZone(slot.at, timezone)}</span>
      <span title={word.sentence}>
        <Status word={word} />
      </span>
      <span className={css["detail"]}>
        {details.join(", ")}
        {slot.job && (
          <>
            {details.length > 0 && " · "}
            <TextLink to="/operations/jobs/$id" params={{ id: slot.job.id }} fz="xs">
              the job
            </TextLink>
          </>
        )}
      </span>
    </li>
  );
};

const Inside = ({ schedule, onEdit }: { readonly schedule: Shown; readonly onEdit: () => void }) => {
  const may = useMay();
  const { timezone, drift, weekDrift, missed } = schedule;
  const elsewhere = ownZone() !== timezone;
  return (
    <Stack gap="lg">
      <Text fz="sm">{schedule.about}</Text>
      {schedule.paused && <Note tone="warn" title="It is paused: nothing of it starts." />}
      {!schedule.attended && (
        <Note tone="warn" title="No running process does this work.">
          Its jobs wait until one of its group is up.
        </Note>
      )}
      {may("schedules.update") && <Acts schedule={schedule} onEdit={onEdit} />}
      <Facts
        facts={[
          { name: "When", value: cronWords(schedule.cron) ?? "by its cron expression" },
          { name: "Cron", value: <span className="lc-mono">{schedule.cron}</span> },
          { name: "Time zone", value: timezone },
          { name: "While one still runs", value: overlapWords[schedule.overlap] },
          { name: "Missed times", value: catchUpWords[schedule.catchUp] },
          { name: "Job", value: <span className="lc-mono">{schedule.job}</span> },
          ...(schedule.editedAt ? [{ name: "Changed", value: moment(schedule.editedAt) }] : []),
          {
            name: "Late, 24 h",
            value: drift ? `${lateWords(drift.p50Ms)}; 99% within ${lateWords(drift.p99Ms)}` : "nothing started",
          },
          {
            name: "Late, 7 days",
            value: weekDrift
              ? `${lateWords(weekDrift.p50Ms)}; 99% within ${lateWords(weekDrift.p99Ms)}`
              : "nothing started",
          },
          { name: "Missed", value: `${count(missed.day)} in 24 hours, ${count(missed.week)} in 7 days` },
        ]}
      />
      <Stack gap={6}>
        <Title order={3}>{schedule.paused ? "Next, once it goes on" : "Next"}</Title>
        <ul className={`lc-plain-list ${css["times"]}`}>
          {schedule.next.map(({ at }) => (
            <li key={at}>
              <span>{inZone(at, timezone)}</span>
              {elsewhere && <span className={css["detail"]}>{inZone(at, ownZone())} your time</span>}
            </li>
          ))}
        </ul>
        <Text fz="xs" c="dimmed">
          In {timezone}. A time that the change to summer time leaves out comes when the clocks jump; one that comes
          twice counts once.
        </Text>
      </Stack>
      <Stack gap={6}>
        <Title order={3}>What became of the last ones</Title>
        {schedule.slots.length === 0 ? (
          <Text fz="sm" c="dimmed">
            Nothing came due yet.
          </Text>
        ) : (
          <ul className={`lc-plain-list ${css["slots"]}`}>
            {schedule.slots.map((slot) => (
              <SlotLine key={slot.at} slot={slot} timezone={timezone} />
            ))}
          </ul>
        )}
      </Stack>
    </Stack>
  );
};

/** Drawer of the schedule with this name; closed without one. */
export const ScheduleDrawer = ({
  name,
  onClose,
}: {
  readonly name: string | undefined;
  readonly onClose: () => void;
}) => {
  const [editing, setEditing] = useState(false);
  const schedule = useRead(
    "schedules.get",
    { name: name ?? "" },
    { enabled: name !== undefined, every: name === undefined ? false : 5_000 },
  );
  useEffect(() => setEditing(false), [name]);
  return (
    <Drawer
      opened={name !== undefined}
      onClose={onClose}
      title={name ?? "Schedule"}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {schedule.isPending && <Skeleton height={200} role="status" aria-label="Loading the schedule" />}
      {schedule.isError && <ProblemNote problem={schedule.error} retry={() => void schedule.refetch()} />}
      {schedule.data &&
        (editing ? (
          <ScheduleForm schedule={schedule.data} onClose={() => setEditing(false)} />
        ) : (
          <Inside schedule={schedule.data} onEdit={() => setEditing(true)} />
        ))}
    </Drawer>
  );
};
