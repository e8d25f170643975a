// The form of a schedule: what the cron expression means and the next times it leads to are shown while one types.
import { Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useEffect, useId } from "react";
import { useForm } from "react-hook-form";
import type { ApiResult } from "../../api.ts";
import { showAtFields } from "../../form.ts";
import { ProblemNote } from "../../parts/note.tsx";
import { useRead, useWrite } from "../../query.ts";
import { catchUpWords, cronWords, inZone, overlapWords } from "./schedule-words.ts";
import css from "./schedules.module.css";

type Shown = ApiResult<"schedules.get">;
type Fields = Pick<Shown, "cron" | "timezone" | "overlap" | "catchUp">;
const places = { cron: "cron", timezone: "timezone", overlap: "overlap", catchUp: "catchUp" } as const;
const zones = Intl.supportedValuesOf("timeZone");
const waitMs = 350;

const NextTimes = ({ next, timezone }: { readonly next: Shown["next"] | undefined; readonly timezone: string }) => (
  <div role="status" aria-label="The next times">
    {next ? (
      <>
        <Text fz="sm" fw={600}>
          The next times
        </Text>
        <ul className={`lc-plain-list ${css["times"]}`}>
          {next.map(({ at }) => (
            <li key={at}>{inZone(at, timezone)}</li>
          ))}
        </ul>
      </>
    ) : (
      <Text fz="sm" c="dimmed">
        The next times are shown here once both can be read.
      </Text>
    )}
  </div>
);

/** Changes a schedule; `onClose` is called when it was saved or left. */
export const ScheduleForm = ({ schedule, onClose }: { readonly schedule: Shown; readonly onClose: () => void }) => {
  const { name, cron, timezone, overlap, catchUp } = schedule;
  const form = useForm<Fields>({ defaultValues: { cron, timezone, overlap, catchUp } });
  const list = useId();
  const update = useWrite("schedules.update", {
    touches: ["schedules"],
    done: () => {
      notifications.show({ message: `${name} is changed.` });
      onClose();
    },
  });
  useEffect(() => {
    showAtFields(form, update.error, places);
  }, [form, update.error]);
  const typed = { cron: form.watch("cron").trim(), timezone: form.watch("timezone").trim() };
  const [asked] = useDebouncedValue(`${typed.cron}|${typed.timezone}`, waitMs);
  const isComplete = typed.cron !== "" && typed.timezone !== "";
  const settled = asked === `${typed.cron}|${typed.timezone}`;
  const preview = useRead("schedules.preview", typed, { enabled: isComplete && settled });
  const refused = (field: "cron" | "timezone") =>
    form.formState.errors[field]?.message ??
    (settled ? preview.error?.errors.find(({ path }) => path === field)?.message : undefined);
  const { errors } = form.formState;
  return (
    <form noValidate onSubmit={form.handleSubmit((fields) => update.mutate({ name, ...fields }))}>
      <Stack gap="md">
        {update.error && update.error.errors.length === 0 && <ProblemNote problem={update.error} />}
        {preview.error && preview.error.errors.length === 0 && (
          <ProblemNote problem={preview.error} retry={() => void preview.refetch()} />
        )}
        <TextInput
          label="Cron"
          description={
            cronWords(typed.cron) ?? "Minute, hour, day of month, month, day of week: 30 4 * * 1 is Mondays at 04:30"
          }
          className={css["cron"] ?? ""}
          data-autofocus
          error={refused("cron")}
          {...form.register("cron", { required: "Give five fields such as 30 4 * * 1", maxLength: 100 })}
        />
        <TextInput
          label="Time zone"
          description="Its times follow the clocks there, also in summer"
          list={list}
          error={refused("timezone")}
          {...form.register("timezone", { required: "Give a time zone such as Europe/Berlin", maxLength: 100 })}
        />
        <datalist id={list}>
          {["UTC", ...zones].map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
        <NextTimes next={settled ? preview.data?.next : undefined} timezone={typed.timezone} />
        <NativeSelect
          label="When its time comes and the job before still runs"
          error={errors.overlap?.message}
          {...form.register("overlap")}
        >
          {Object.entries(overlapWords).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </NativeSelect>
        <NativeSelect
          label="Times that passed while nothing was running"
          error={errors.catchUp?.message}
          {...form.register("catchUp")}
        >
          {Object.entries(catchUpWords).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </NativeSelect>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={update.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
};
