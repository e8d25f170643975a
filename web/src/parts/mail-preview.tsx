// What becomes of a mail: as a contact would get it or with values to try, on a wide screen, a phone, in the dark or as
// plain text. The server renders it, so what is shown is what would be sent.
import { Checkbox, NativeSelect, SegmentedControl, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import type { Finding } from "../../../shared/contracts/templates.ts";
import type { ApiParams } from "../api.ts";
import { useRead } from "../query.ts";
import { contactName, size } from "../words.ts";
import { Findings } from "./findings.tsx";
import css from "./mail-editor.module.css";
import { MailFrame } from "./mail-frame.tsx";
import { Note, ProblemNote } from "./note.tsx";

export interface MailPreviewProps {
  readonly content: ApiParams<"templates.render">["content"];
  readonly empty?: boolean;
  /** The contact as whom it is shown; "" for test values. */
  readonly contactId: string;
  readonly onContact: (id: string) => void;
  readonly onGo?: (finding: Finding) => void;
}

type Width = "desktop" | "phone" | "text";

/** The preview beside an editor, with what was found in the mail below it. */
export const MailPreview = ({ content, empty = false, contactId, onContact, onGo }: MailPreviewProps) => {
  const [settled] = useDebouncedValue(content, 400);
  const [vars, setVars] = useState<Record<string, string>>({});
  const [settledVars] = useDebouncedValue(vars, 400);
  const [width, setWidth] = useState<Width>("desktop");
  const [dark, setDark] = useState(false);
  const contacts = useRead("contacts.list", { limit: 20 });
  const given = Object.fromEntries(Object.entries(settledVars).filter(([, value]) => value !== ""));
  const preview = useRead(
    "templates.render",
    { content: settled, ...(contactId === "" ? { vars: given } : { contactId }) },
    { enabled: !empty, keep: true },
  );
  const { data } = preview;
  return (
    <Stack gap="sm" className={css["preview"]}>
      <div className={css["previewHead"]}>
        <NativeSelect
          aria-label="Preview as"
          value={contactId}
          onChange={(event) => onContact(event.currentTarget.value)}
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
        {width !== "text" && (
          <Checkbox size="xs" label="Dark" checked={dark} onChange={(event) => setDark(event.currentTarget.checked)} />
        )}
      </div>
      {contactId === "" && data && data.lint.fields.length > 0 && (
        <div className={css["vars"]}>
          {data.lint.fields.map((field) => (
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
      {!data &&
        !preview.isError &&
        (empty ? (
          <Text c="dimmed" fz="sm">
            The preview appears as you write.
          </Text>
        ) : (
          <Skeleton height={320} />
        ))}
      {data && (
        <>
          <div className={css["subject"]}>
            <span>Subject</span>
            <b className="lc-break">{data.subject || "(no subject yet)"}</b>
          </div>
          {contactId !== "" && data.missing.length > 0 && (
            <Note tone="warn" title="This person would not get it">
              There is no value for {data.missing.map((field) => field.replace(/^attrs\./, "")).join(", ")}. Give the
              field a default, such as <span className="lc-mono">{`{{${data.missing[0]}|there}}`}</span>.
            </Note>
          )}
          {width === "text" ? (
            <pre className={css["text"]}>{data.text}</pre>
          ) : (
            <div className={css["frame"]} data-width={width}>
              <MailFrame title="Preview of the mail" html={data.html} height={440} dark={dark} />
            </div>
          )}
          <Text fz="xs" c="dimmed">
            {size(data.bytes)} of HTML.
            {dark &&
              width !== "text" &&
              " Dark: on a dark background, as mail programs show it that change no colours."}
          </Text>
          <Findings findings={data.lint.findings} onGo={onGo} />
        </>
      )}
    </Stack>
  );
};
