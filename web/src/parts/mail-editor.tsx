// Writing a mail: subject and HTML on one side, what becomes of it on the other, with the fields of a real contact or
// values to try. Used by the campaign wizard and the templates.
import { NativeSelect, SegmentedControl, Skeleton, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type RefObject, useRef, useState } from "react";
import { useRead } from "../query.ts";
import { contactName } from "../words.ts";
import css from "./mail-editor.module.css";
import { MailFrame } from "./mail-frame.tsx";
import { MergeFields } from "./merge-fields.tsx";
import { Note, ProblemNote } from "./note.tsx";

export interface Mail {
  readonly subject: string;
  readonly html: string;
}

export interface MailEditorProps {
  readonly mail: Mail;
  readonly errors: { readonly subject?: string | undefined; readonly html?: string | undefined };
  readonly onChange: (mail: Mail) => void;
  readonly onBlur?: () => void;
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

type Width = "desktop" | "phone" | "text";

const Preview = ({ mail }: { readonly mail: Mail }) => {
  const [settled] = useDebouncedValue(mail, 400);
  const [contactId, setContactId] = useState("");
  const [vars, setVars] = useState<Record<string, string>>({});
  const [settledVars] = useDebouncedValue(vars, 400);
  const [width, setWidth] = useState<Width>("desktop");
  const contacts = useRead("contacts.list", { limit: 20 });
  const empty = settled.subject.trim() === "" && settled.html.trim() === "";
  const given = Object.fromEntries(Object.entries(settledVars).filter(([, value]) => value !== ""));
  const preview = useRead(
    "templates.render",
    {
      content: { subject: settled.subject.trim() || "(no subject yet)", html: settled.html },
      ...(contactId === "" ? { vars: given } : { contactId }),
    },
    { enabled: !empty, keep: true },
  );
  const lint = preview.data?.lint;
  return (
    <Stack gap="sm" className={css["preview"]}>
      <div className={css["previewHead"]}>
        <NativeSelect
          aria-label="Preview as"
          value={contactId}
          onChange={(event) => setContactId(event.currentTarget.value)}
        >
          <option value="">With test values</option>
          {contacts.data?.data.map((contact) => (
            <option key={contact.id} value={contact.id}>
              As {contactName(contact)}
            </option>
          ))}
        </NativeSelect>
        <SegmentedControl
          size="xs"
          aria-label="Preview size"
          value={width}
          onChange={(value) => setWidth(value as Width)}
          data={[
            { value: "desktop", label: "Desktop" },
            { value: "phone", label: "Phone" },
            { value: "text", label: "Text" },
          ]}
        />
      </div>
      {contactId === "" && lint && lint.fields.length > 0 && (
        <div className={css["vars"]}>
          {lint.fields.map((field) => (
            <TextInput
              key={field}
              size="xs"
              label={field.replace(/^attrs\./, "")}
              placeholder="test value"
              value={vars[field] ?? ""}
              onChange={(event) => {
                const { value } = event.currentTarget;
                setVars((old) => ({ ...old, [field]: value }));
              }}
            />
          ))}
        </div>
      )}
      {preview.isError && <ProblemNote problem={preview.error} retry={() => void preview.refetch()} />}
      {!preview.data &&
        !preview.isError &&
        (empty ? (
          <Text c="dimmed" fz="sm">
            The preview appears as you write.
          </Text>
        ) : (
          <Skeleton height={320} />
        ))}
      {preview.data && (
        <>
          <div className={css["subject"]}>
            <span>Subject</span>
            <b className="lc-break">{preview.data.subject}</b>
          </div>
          {width === "text" ? (
            <pre className={css["text"]}>{preview.data.text}</pre>
          ) : (
            <div className={css["frame"]} data-width={width}>
              <MailFrame title="Preview of the mail" html={preview.data.html} height={440} />
            </div>
          )}
        </>
      )}
      {lint && lint.warnings.length > 0 && (
        <Note tone="warn" title="Worth a look">
          <ul className={css["warnings"]}>
            {lint.warnings.map((warning) => (
              <li key={warning.path + warning.message}>{warning.message}</li>
            ))}
          </ul>
        </Note>
      )}
    </Stack>
  );
};

const Label = ({
  text,
  target,
  onPick,
}: {
  readonly text: string;
  readonly target: RefObject<HTMLElement | null>;
  readonly onPick: (piece: string) => void;
}) => (
  <div className={css["label"]}>
    <span>{text}</span>
    <MergeFields into={text.toLowerCase()} onPick={onPick} returnTo={target} />
  </div>
);

/** Editor with its preview beside it. */
export const MailEditor = ({ mail, errors, onChange, onBlur }: MailEditorProps) => {
  const subject = useRef<HTMLInputElement>(null);
  const html = useRef<HTMLTextAreaElement>(null);
  return (
    <div className={css["editor"]}>
      <Stack gap="md" miw={0}>
        <div>
          <Label
            text="Subject"
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
            text="Content (HTML)"
            target={html}
            onPick={(piece) => onChange({ ...mail, html: insertAt(html.current, mail.html, piece) })}
          />
          <Textarea
            ref={html}
            aria-label="Content (HTML)"
            classNames={{ input: css["html"] ?? "" }}
            spellCheck={false}
            autosize
            minRows={16}
            maxRows={32}
            value={mail.html}
            error={errors.html}
            onBlur={onBlur}
            onChange={(event) => onChange({ ...mail, html: event.currentTarget.value })}
          />
          <Text fz="xs" c="dimmed" mt={6}>
            A footer with the unsubscribe link and your postal address is added when the mail has none.
          </Text>
        </div>
      </Stack>
      <Preview mail={mail} />
    </div>
  );
};
