// Writing a mail: subject and source on one side, what becomes of it on the other. Used by the campaign wizard, which
// writes HTML, and by the templates, which write HTML or MJML.
import { Stack, Text, TextInput } from "@mantine/core";
import { type RefObject, useRef, useState } from "react";
import type { Finding, TemplateFormat } from "../../../shared/contracts/templates.ts";
import css from "./mail-editor.module.css";
import { MailPreview } from "./mail-preview.tsx";
import { MergeFields } from "./merge-fields.tsx";
import { goToLine, SourceArea } from "./source-area.tsx";

export interface Mail {
  readonly subject: string;
  /** HTML, or MJML when the format says so. */
  readonly html: string;
}

export interface MailEditorProps {
  readonly mail: Mail;
  readonly format?: TemplateFormat;
  readonly errors: { readonly subject?: string | undefined; readonly html?: string | undefined };
  readonly onChange: (mail: Mail) => void;
  readonly onBlur?: () => void;
  /** Told as whom the preview is shown: a contact's id, or "" for test values. */
  readonly onContact?: (id: string) => void;
}

/** Puts text at the cursor of a field and leaves the cursor behind it. */
const insertAt = (field: HTMLInputElement | HTMLTextAreaElement | null, before: string, piece: string): string => {
  const from = field?.selectionStart ?? before.length;
  const to = field?.selectionEnd ?? from;
  requestAnimationFrame(() => {
    field?.focus();
    field?.setSelectionRange(from + piece.length, from + piece.length);
  });
  return before.slice(0, from) + piece + before.slice(to);
};

const Label = ({
  text,
  into,
  target,
  onPick,
}: {
  readonly text: string;
  readonly into: string;
  readonly target: RefObject<HTMLElement | null>;
  readonly onPick: (piece: string) => void;
}) => (
  <div className={css["label"]}>
    <span>{text}</span>
    <MergeFields into={into} onPick={onPick} returnTo={target} />
  </div>
);

/** Editor with its preview beside it. */
export const MailEditor = ({ mail, format = "html", errors, onChange, onBlur, onContact }: MailEditorProps) => {
  const subject = useRef<HTMLInputElement>(null);
  const source = useRef<HTMLTextAreaElement>(null);
  const [contactId, setContactId] = useState("");
  const label = `Content (${format.toUpperCase()})`;
  const go = ({ path, line }: Finding) => {
    if (path === "subject") subject.current?.focus();
    else if (line === null) source.current?.focus();
    else goToLine(source.current, line);
  };
  const written = mail.subject.trim();
  return (
    <div className={css["editor"]}>
      <Stack gap="md" miw={0}>
        <div>
          <Label
            text="Subject"
            into="subject"
            target={subject}
            onPick={(piece) => onChange({ ...mail, subject: insertAt(subject.current, mail.subject, piece) })}
          />
          <TextInput
            ref={subject}
            aria-label="Subject"
            placeholder="New workshops for {{orgName|your team}}"
            value={mail.subject}
            error={errors.subject}
            onBlur={onBlur}
            onChange={(event) => onChange({ ...mail, subject: event.currentTarget.value })}
          />
        </div>
        <div>
          <Label
            text={label}
            into={label.toLowerCase()}
            target={source}
            onPick={(piece) => onChange({ ...mail, html: insertAt(source.current, mail.html, piece) })}
          />
          <SourceArea
            label={label}
            field={source}
            value={mail.html}
            error={errors.html}
            onBlur={onBlur}
            onChange={(html) => onChange({ ...mail, html })}
          />
          <Text fz="xs" c="dimmed" mt={6}>
            A footer with the unsubscribe link and your postal address is added when the mail has none.
          </Text>
        </div>
      </Stack>
      <MailPreview
        content={{
          ...(written ? { subject: written } : {}),
          ...(format === "mjml" ? { mjml: mail.html } : { html: mail.html }),
        }}
        empty={written === "" && mail.html.trim() === ""}
        contactId={contactId}
        onContact={(id) => {
          setContactId(id);
          onContact?.(id);
        }}
        onGo={go}
      />
    </div>
  );
};
