// The form of a rule, for a new one and to change one. What the API refuses is shown at its field.
import { Button, Drawer, Group, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useEffect } from "react";
import { type Path, useForm } from "react-hook-form";
import { showAtFields } from "../../../form.ts";
import { ProblemNote } from "../../../parts/note.tsx";
import { useRead, useWrite } from "../../../query.ts";
import { kindChoices, type Rule, unitWords } from "./alert-words.ts";

interface Fields {
  kind: Rule["kind"];
  name: string;
  subject: string;
  threshold: string;
  clearAt: string;
  forSeconds: string;
  clearForSeconds: string;
}

const places: Readonly<Record<string, Path<Fields>>> = {
  kind: "kind",
  name: "name",
  subject: "subject",
  threshold: "threshold",
  clearAt: "clearAt",
  forSeconds: "forSeconds",
  clearForSeconds: "clearForSeconds",
};
const fieldsOf = (rule: Rule | null): Fields => ({
  kind: rule?.kind ?? "queue-age",
  name: rule?.name ?? "",
  subject: rule?.subject ?? "",
  threshold: String(rule?.threshold ?? 300),
  clearAt: rule ? String(rule.clearAt) : "",
  forSeconds: String(rule?.forSeconds ?? 60),
  clearForSeconds: String(rule?.clearForSeconds ?? 60),
});
const number = { value: /^\s*\d+([.,]\d+)?\s*$/, message: "Give a number such as 300" };
const numberOf = (text: string) => Number(text.replace(",", "."));
const kinds = Object.entries(kindChoices).map(([value, { label }]) => ({ value, label }));

export interface RuleFormProps {
  /** Null: a new one. */
  readonly rule: Rule | null;
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** The drawer with the form. */
export const RuleForm = ({ rule, opened, onClose }: RuleFormProps) => {
  const form = useForm<Fields>({ defaultValues: fieldsOf(rule) });
  const queues = useRead("jobs.queues", {}, { enabled: opened });
  const options = { touches: ["monitors"], done: onClose };
  const create = useWrite("monitors.create", options);
  const update = useWrite("monitors.update", options);
  const { error, isPending } = rule ? update : create;
  const { errors } = form.formState;
  useEffect(() => {
    showAtFields(form, error, places);
  }, [form, error]);
  // Filled in once when it opens: what is read again meanwhile must not take away what is being typed.
  useEffect(() => {
    if (opened) form.reset(fieldsOf(rule));
  }, [opened]);
  const kind = form.watch("kind");
  const { about, unit } = kindChoices[kind];
  const names =
    about === "queue"
      ? queues.data?.data.map(({ name }) => name)
      : queues.data?.data.flatMap(({ types }) => types.map(({ name }) => name));
  const save = form.handleSubmit((fields) => {
    const body = {
      name: fields.name.trim() || kindChoices[kind].label,
      subject: about && fields.subject !== "" ? fields.subject : null,
      threshold: numberOf(fields.threshold),
      clearAt: fields.clearAt.trim() === "" ? null : numberOf(fields.clearAt),
      forSeconds: numberOf(fields.forSeconds),
      clearForSeconds: numberOf(fields.clearForSeconds),
    };
    if (rule) update.mutate({ id: rule.id, ...body });
    else create.mutate({ kind, ...body });
  });
  const measured = unitWords[unit] === "" ? "" : `, in ${unitWords[unit]}`;
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      title={rule ? "Change the rule" : "Make a rule"}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form noValidate onSubmit={save}>
        <Stack gap="md">
          {error && error.errors.length === 0 && <ProblemNote problem={error} />}
          <NativeSelect
            label="What is watched"
            data={kinds}
            disabled={rule !== null}
            error={errors.kind?.message}
            {...form.register("kind", {
              onChange: (event: { target: { value: Rule["kind"] } }) => {
                form.setValue("threshold", String(kindChoices[event.target.value].usual));
                form.setValue("clearAt", "");
                form.setValue("subject", "");
              },
            })}
          />
          <TextInput
            label="Name"
            description="Stands in the subject of the mail"
            placeholder={kindChoices[kind].label}
            error={errors.name?.message}
            {...form.register("name", { maxLength: { value: 200, message: "At most 200 letters" } })}
          />
          {about && (
            <NativeSelect
              label={about === "queue" ? "Queue" : "Kind of job"}
              error={errors.subject?.message}
              {...form.register("subject")}
            >
              <option value="">{about === "queue" ? "Each queue by itself" : "Each kind by itself"}</option>
              {names?.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </NativeSelect>
          )}
          <TextInput
            label={`Limit${measured}`}
            description="Above it is wrong"
            inputMode="decimal"
            error={errors.threshold?.message}
            {...form.register("threshold", { required: "Give the limit", pattern: number })}
          />
          <TextInput
            label="For how long, in seconds"
            description="A peak that is shorter tells nobody"
            inputMode="numeric"
            error={errors.forSeconds?.message}
            {...form.register("forSeconds", { required: "Give 0 to tell at once", pattern: number })}
          />
          <TextInput
            label={`Well again at${measured}`}
            description="And below; empty: a little under the limit, so that it does not come and go"
            inputMode="decimal"
            error={errors.clearAt?.message}
            {...form.register("clearAt", { pattern: number })}
          />
          <TextInput
            label="And well for, in seconds"
            inputMode="numeric"
            error={errors.clearForSeconds?.message}
            {...form.register("clearForSeconds", { required: "Give 0 to tell at once", pattern: number })}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Drawer>
  );
};
