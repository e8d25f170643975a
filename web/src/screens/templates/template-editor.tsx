// One template: editor beside its preview, saved as a draft, published as a version that does not change any more,
// sent as a test, compared with what was published before.
import { Button, Menu, SegmentedControl, Stack, TextInput } from "@mantine/core";
import { useBlocker } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { TemplateFormat } from "../../../../shared/contracts/templates.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ButtonLink, TextLink } from "../../parts/link.tsx";
import { MailEditor } from "../../parts/mail-editor.tsx";
import { useMay } from "../../parts/may.tsx";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { PageHead, Section } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { counted } from "../../words.ts";
import { startingPoints } from "./starting-points.ts";
import { templateWord } from "./template-words.ts";
import css from "./templates.module.css";
import { TestSend } from "./test-send.tsx";
import { type Template, useDraft, type Written } from "./use-draft.ts";
import { Versions } from "./versions.tsx";

export interface TemplateEditorProps {
  readonly template: Template | undefined;
  readonly onReload: () => void;
}

const Starts = ({
  written,
  onStart,
}: {
  readonly written: Written;
  readonly onStart: (start: Partial<Written>) => void;
}) => (
  <fieldset className={css["starts"]} style={{ border: 0, margin: 0, padding: 0, minWidth: 0 }} aria-label="Start from">
    {startingPoints.map(({ name, about, format, subject, source }) => (
      <button
        key={name}
        type="button"
        className={css["start"]}
        aria-pressed={written.format === format && written[format] === source}
        onClick={() => onStart({ format, [format]: source, subject })}
      >
        <b>{name}</b>
        <span>{about}</span>
      </button>
    ))}
  </fieldset>
);

/** Asks before unsaved changes are left behind, also when the tab is closed. */
const useLeaveGuard = (dirty: boolean, leaving: { readonly current: boolean }) =>
  useBlocker({
    shouldBlockFn: () => dirty && !leaving.current,
    enableBeforeUnload: () => dirty && !leaving.current,
    withResolver: true,
  });

/** The editor over one template, stored or not yet. */
export const TemplateEditor = ({ template, onReload }: TemplateEditorProps) => {
  const may = useMay();
  const draft = useDraft(template);
  const { stored, written, dirty, problem, change, save } = draft;
  const [asked, setAsked] = useState<"delete" | "test" | "versions" | null>(null);
  const [contactId, setContactId] = useState("");
  const guard = useLeaveGuard(dirty, draft.leaving);
  const at = (...paths: string[]) => problem?.errors.find((error) => paths.includes(error.path))?.message;
  const nameless = written.name.trim() === "";
  const pristine = startingPoints.some(({ format, source }) => written.format === format && written[format] === source);

  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if (!(event.metaKey || event.ctrlKey) || event.altKey || event.key.toLowerCase() !== "s") return;
      event.preventDefault();
      if (dirty) void save();
    };
    window.addEventListener("keydown", keys);
    return () => window.removeEventListener("keydown", keys);
  });
  return (
    <>
      <PageHead
        title={stored?.name ?? "New template"}
        above={
          <TextLink to="/templates" fz="sm">
            Templates
          </TextLink>
        }
        beside={stored && <Status word={templateWord(stored)} />}
        actions={
          <>
            {stored && (
              <>
                <Menu position="bottom-end">
                  <Menu.Target>
                    <Button variant="default" aria-label="More" px="xs">
                      <Icon name="dots" size={18} />
                    </Button>
                  </Menu.Target>
                  <Menu.Dropdown>
                    <Menu.Item onClick={() => draft.duplicate.mutate({ id: stored.id })}>Duplicate</Menu.Item>
                    <Menu.Item onClick={() => draft.archive(!stored.archived)}>
                      {stored.archived ? "Take out of the archive" : "Archive"}
                    </Menu.Item>
                    <Menu.Item onClick={() => setAsked("delete")}>Delete</Menu.Item>
                  </Menu.Dropdown>
                </Menu>
                <Button variant="default" onClick={() => setAsked("versions")}>
                  Versions
                </Button>
                {may("templates.testSend") && (
                  <Button
                    variant="default"
                    onClick={() => setAsked("test")}
                    leftSection={<Icon name="mailbox" size={16} />}
                  >
                    Send a test
                  </Button>
                )}
                {stored.publishedVersion !== null && (
                  <ButtonLink
                    to="/campaigns/new"
                    search={{ templateId: stored.id }}
                    variant="default"
                    leftSection={<Icon name="campaigns" size={16} />}
                  >
                    Use it
                  </ButtonLink>
                )}
              </>
            )}
            <Button
              variant={stored ? "default" : "filled"}
              loading={draft.saving}
              disabled={!dirty || nameless}
              onClick={() => void save()}
            >
              {dirty || !stored ? "Save" : "Saved"}
            </Button>
            {stored && (
              <Button
                loading={draft.publishing}
                disabled={!dirty && !stored.changed && stored.publishedVersion !== null}
                onClick={() => void draft.publish()}
              >
                Publish
              </Button>
            )}
          </>
        }
      />
      <Stack gap="lg">
        {problem?.status === 412 ? (
          <Note
            tone="warn"
            role="alert"
            title="Somebody changed it in the meantime"
            actions={
              <Button size="compact-sm" variant="default" onClick={onReload}>
                Load their version
              </Button>
            }
          >
            Your changes are still here. Copy what you need before you load theirs.
          </Note>
        ) : (
          problem && !at("name", "subject", "html", "mjml") && <ProblemNote problem={problem} />
        )}
        {draft.duplicate.error && <ProblemNote problem={draft.duplicate.error} />}
        {!stored && pristine && (
          <Section title="Start from">
            <Starts written={written} onStart={change} />
          </Section>
        )}
        <Section>
          <Stack gap="lg">
            <div className={css["head"]}>
              <TextInput
                label="Name"
                placeholder="Monthly news"
                value={written.name}
                error={at("name")}
                onChange={(event) => change({ name: event.currentTarget.value })}
                style={{ flex: "1 1 220px", maxWidth: 420 }}
              />
              <SegmentedControl
                aria-label="Format"
                value={written.format}
                onChange={(value) => change({ format: value as TemplateFormat })}
                data={[
                  { value: "html", label: "HTML" },
                  { value: "mjml", label: "MJML" },
                ]}
              />
            </div>
            <MailEditor
              mail={{ subject: written.subject, html: written[written.format] }}
              format={written.format}
              errors={{ subject: at("subject"), html: at("html", "mjml") }}
              onChange={({ subject, html }) => change({ subject, [written.format]: html })}
              onContact={setContactId}
            />
          </Stack>
        </Section>
      </Stack>
      <Confirm
        opened={guard.status === "blocked"}
        title="Leave without saving?"
        act="Leave"
        keep="Stay"
        danger
        pending={false}
        onConfirm={() => guard.proceed?.()}
        onClose={() => guard.reset?.()}
      >
        Your changes of this template are not saved.
        {guard.next?.pathname === "/sign-in" &&
          " You are signed out: stay, sign in again in another tab, and then save here."}
      </Confirm>
      {stored && (
        <>
          <Versions
            key={stored.version}
            template={stored}
            opened={asked === "versions"}
            dirty={dirty}
            onClose={() => setAsked(null)}
            onRestored={draft.adopt}
          />
          {asked === "test" && (
            <TestSend opened save={save} dirty={dirty} contactId={contactId} onClose={() => setAsked(null)} />
          )}
          <Confirm
            opened={asked === "delete"}
            title={`Delete “${stored.name}”?`}
            act="Delete"
            danger
            pending={draft.remove.isPending}
            problem={draft.remove.error}
            onConfirm={() => draft.remove.mutate({ id: stored.id })}
            onClose={() => setAsked(null)}
          >
            {stored.usedBy === 0
              ? "No campaign uses it."
              : `${counted(stored.usedBy, "campaign")} took it. What was sent stays as it is; a draft that still needs it keeps it from being deleted.`}
          </Confirm>
        </>
      )}
    </>
  );
};
