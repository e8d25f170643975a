// What the campaign says: written here, or the published version of a template.
import { Button, Group, NativeSelect, SegmentedControl, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useFormContext } from "react-hook-form";
import { ButtonLink } from "../../parts/link.tsx";
import { MailEditor } from "../../parts/mail-editor.tsx";
import { MailPreview } from "../../parts/mail-preview.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { useRead } from "../../query.ts";
import type { WizardFields } from "./wizard-fields.ts";

interface FromTemplateProps {
  readonly id: string;
  readonly onCopy: (mail: { subject: string; html: string }) => void;
}

const FromTemplate = ({ id, onCopy }: FromTemplateProps) => {
  const [contactId, setContactId] = useState("");
  const template = useRead("templates.get", { id });
  const number = template.data?.publishedVersion ?? 0;
  const version = useRead("templates.showVersion", { id, number }, { enabled: number > 0 });
  if (template.isError) return <ProblemNote problem={template.error} retry={() => void template.refetch()} />;
  return (
    <Stack gap="md" maw={760}>
      <Text fz="sm" c="dimmed">
        {template.data?.changed
          ? `Version ${template.data.publishedVersion} is sent. The template has newer changes that are not published.`
          : "The version that is published when you launch is sent. Later changes of the template change nothing here."}
      </Text>
      <Group gap="xs">
        <ButtonLink to="/templates/$id" params={{ id }} variant="default" size="compact-sm">
          Open the template
        </ButtonLink>
        <Button
          variant="default"
          size="compact-sm"
          disabled={!version.data}
          onClick={() => onCopy({ subject: version.data?.subject ?? "", html: version.data?.html ?? "" })}
        >
          Copy it here and change it
        </Button>
      </Group>
      <MailPreview content={{ templateId: id }} contactId={contactId} onContact={setContactId} />
    </Stack>
  );
};

/** Second step of the wizard. */
export const ContentStep = () => {
  const {
    register,
    watch,
    setValue,
    formState: { errors },
  } = useFormContext<WizardFields>();
  const templates = useRead("templates.list", { show: "published", limit: 200 });
  const templateId = watch("templateId");
  const [choosing, setChoosing] = useState(templateId !== "");
  register("templateId", { validate: (value) => !choosing || value !== "" || "Choose a template" });
  register("subject", { validate: (value) => choosing || value.trim() !== "" || "Give it a subject" });
  register("html", { validate: (value) => choosing || value.trim() !== "" || "Write something" });
  const mail = { subject: watch("subject"), html: watch("html") };
  const change = (changed: { subject: string; html: string }) => {
    if (changed.subject !== mail.subject)
      setValue("subject", changed.subject, { shouldDirty: true, shouldValidate: Boolean(errors.subject) });
    if (changed.html !== mail.html)
      setValue("html", changed.html, { shouldDirty: true, shouldValidate: Boolean(errors.html) });
  };
  const choose = (id: string) => setValue("templateId", id, { shouldDirty: true, shouldValidate: id !== "" });
  const offered = templates.data?.data ?? [];
  return (
    <Section>
      <Stack gap="lg">
        {(offered.length > 0 || choosing) && (
          <Group gap="md" align="flex-end">
            <SegmentedControl
              aria-label="Where the content comes from"
              value={choosing ? "template" : "own"}
              onChange={(value) => {
                setChoosing(value === "template");
                choose(value === "template" ? (offered[0]?.id ?? "") : "");
              }}
              data={[
                { value: "own", label: "Write it here" },
                { value: "template", label: "Use a template" },
              ]}
            />
            {choosing && (
              <NativeSelect
                aria-label="Template"
                value={templateId}
                error={errors.templateId?.message}
                onChange={(event) => choose(event.currentTarget.value)}
              >
                {!offered.some(({ id }) => id === templateId) && (
                  <option value={templateId}>{templateId === "" ? "Choose…" : "The template chosen before"}</option>
                )}
                {offered.map((template) => (
                  <option key={template.id} value={template.id}>
                    {template.name} (version {template.publishedVersion})
                  </option>
                ))}
              </NativeSelect>
            )}
          </Group>
        )}
        {choosing ? (
          templateId !== "" && (
            <FromTemplate
              key={templateId}
              id={templateId}
              onCopy={(copied) => {
                change(copied);
                setChoosing(false);
                choose("");
              }}
            />
          )
        ) : (
          <MailEditor
            mail={mail}
            errors={{ subject: errors.subject?.message, html: errors.html?.message }}
            onChange={change}
          />
        )}
      </Stack>
    </Section>
  );
};
