// Silence for a while: for how long, and why, so that colleagues know.
import { Button, Group, Modal, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "react-hook-form";
import { ProblemNote } from "../../../parts/note.tsx";
import type { Problem } from "../../../problem.ts";

const lengths = [
  { value: "0.5", label: "30 minutes" },
  { value: "1", label: "1 hour" },
  { value: "4", label: "4 hours" },
  { value: "24", label: "1 day" },
  { value: "168", label: "1 week" },
];

export interface SilenceFormProps {
  /** What is silenced; null: nothing is asked. */
  readonly what: string | null;
  readonly pending: boolean;
  readonly problem: Problem | null;
  readonly onSilence: (silence: { until: string; reason?: string }) => void;
  readonly onClose: () => void;
}

/** The dialog. */
export const SilenceForm = ({ what, pending, problem, onSilence, onClose }: SilenceFormProps) => {
  const form = useForm({ defaultValues: { hours: "1", reason: "" } });
  const submit = form.handleSubmit(({ hours, reason }) =>
    onSilence({
      until: new Date(Date.now() + Number(hours) * 3_600_000).toISOString(),
      ...(reason.trim() ? { reason: reason.trim() } : {}),
    }),
  );
  return (
    <Modal
      opened={what !== null}
      onClose={onClose}
      title={`Silence ${what ?? ""}`}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form noValidate onSubmit={submit}>
        <Stack gap="md">
          {problem && <ProblemNote problem={problem} />}
          <Text fz="sm">
            Nobody is mailed or called. It is still watched, and what is open at the end is told then.
          </Text>
          <NativeSelect label="For" data={lengths} data-autofocus {...form.register("hours")} />
          <TextInput label="Why" description="May be left empty" {...form.register("reason", { maxLength: 200 })} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={pending}>
              Silence
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
};
