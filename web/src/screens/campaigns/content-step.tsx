// What the campaign says.
import { NativeSelect, Stack } from "@mantine/core";
import { useFormContext } from "react-hook-form";
import { MailEditor } from "../../parts/mail-editor.tsx";
import { Section } from "../../parts/page.tsx";
import { useRead } from "../../query.ts";
import { starterHtml, type WizardFields } from "./wizard-fields.ts";

/** Second step of the wizard. */
export const ContentStep = () => {
  const {
    register,
    watch,
    setValue,
    getValues,
    formState: { errors },
  } = useFormContext<WizardFields>();
  const templates = useRead("templates.list", { limit: 200 });
  register("subject", { validate: (value) => value.trim() !== "" || "Give it a subject" });
  register("html", { validate: (value) => value.trim() !== "" || "Write something" });
  const mail = { subject: watch("subject"), html: watch("html") };
  const change = (changed: { subject: string; html: string }) => {
    if (changed.subject !== mail.subject)
      setValue("subject", changed.subject, { shouldDirty: true, shouldValidate: Boolean(errors.subject) });
    if (changed.html !== mail.html)
      setValue("html", changed.html, { shouldDirty: true, shouldValidate: Boolean(errors.html) });
  };
  const untouched = getValues("subject") === "" && (getValues("html") === "" || getValues("html") === starterHtml);
  const take = (id: string) => {
    const template = templates.data?.data.find((one) => one.id === id);
    if (template) change({ subject: template.subject ?? "", html: template.html ?? "" });
  };
  return (
    <Section>
      <Stack gap="lg">
        {(templates.data?.data.length ?? 0) > 0 && (
          <NativeSelect
            label="Start from a template"
            description={untouched ? undefined : "Replaces what is written below"}
            value=""
            onChange={(event) => take(event.currentTarget.value)}
            maw={360}
          >
            <option value="">Choose…</option>
            {templates.data?.data.map((template) => (
              <option key={template.id} value={template.id}>
                {template.name}
              </option>
            ))}
          </NativeSelect>
        )}
        <MailEditor
          mail={mail}
          errors={{ subject: errors.subject?.message, html: errors.html?.message }}
          onChange={change}
        />
      </Stack>
    </Section>
  );
};
