// One template: editor beside its preview, saved as a draft, published as a version that does not change any more.
import { Button, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { Row } from "../../api.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ButtonLink, TextLink } from "../../parts/link.tsx";
import { type Mail, MailEditor } from "../../parts/mail-editor.tsx";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { PageHead, PageSkeleton, Section } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead, useWrite } from "../../query.ts";
import { starterHtml } from "../campaigns/wizard-fields.ts";

type Template = Row<"templates.list">;
const route = getRouteApi("/app/templates/$id");
const touches = ["templates"];

interface EditorProps {
  readonly template: Template | undefined;
  readonly onReload: () => void;
}

const Editor = ({ template, onReload }: EditorProps) => {
  const navigate = useNavigate();
  const [stored, setStored] = useState(template);
  const [name, setName] = useState(template?.name ?? "");
  const [mail, setMail] = useState<Mail>({ subject: template?.subject ?? "", html: template?.html ?? starterHtml });
  const [deleting, setDeleting] = useState(false);
  const take = (result: Template) => setStored(result);
  const create = useWrite("templates.create", {
    touches,
    done: (result) => void navigate({ to: "/templates/$id", params: { id: result.id }, replace: true }),
  });
  const update = useWrite("templates.update", { touches, done: take });
  const publish = useWrite("templates.publish", {
    touches,
    done: (result) => {
      take(result);
      notifications.show({ message: `Version ${result.publishedVersion} of “${result.name}” is published.` });
    },
  });
  const remove = useWrite("templates.remove", { touches, done: () => void navigate({ to: "/templates" }) });
  const dirty =
    !stored || name !== stored.name || mail.subject !== (stored.subject ?? "") || mail.html !== (stored.html ?? "");
  const problem = update.error ?? create.error ?? publish.error;
  const at = (path: string) => problem?.errors.find((error) => error.path === path)?.message;
  const body = { name: name.trim(), subject: mail.subject.trim() || null, html: mail.html };

  const save = async (): Promise<Template | undefined> => {
    publish.reset();
    return stored
      ? update.mutateAsync({ id: stored.id, version: stored.version, ...body }).catch(() => undefined)
      : create.mutateAsync({ channel: "email", ...body }).catch(() => undefined);
  };
  const publishNow = async () => {
    const saved = dirty ? await save() : stored;
    if (saved) publish.mutate({ id: saved.id });
  };
  return (
    <>
      <PageHead
        title={stored?.name ?? "New template"}
        above={
          <TextLink to="/templates" fz="sm">
            Templates
          </TextLink>
        }
        beside={
          stored && (
            <Status
              word={
                stored.publishedVersion === null
                  ? { label: "draft", tone: "neutral" }
                  : { label: `published ${stored.publishedVersion}`, tone: "good" }
              }
            />
          )
        }
        actions={
          <>
            {stored && (
              <>
                <Button
                  variant="default"
                  leftSection={<Icon name="trash" size={16} />}
                  onClick={() => setDeleting(true)}
                >
                  Delete
                </Button>
                <ButtonLink
                  to="/campaigns/new"
                  search={{ templateId: stored.id }}
                  variant="default"
                  leftSection={<Icon name="campaigns" size={16} />}
                >
                  Use it
                </ButtonLink>
              </>
            )}
            <Button
              variant={stored ? "default" : "filled"}
              loading={create.isPending || update.isPending}
              disabled={!dirty || name.trim() === ""}
              onClick={() => void save()}
            >
              {dirty ? "Save" : "Saved"}
            </Button>
            {stored && (
              <Button loading={publish.isPending} onClick={() => void publishNow()}>
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
          problem && !(at("name") || at("subject") || at("html")) && <ProblemNote problem={problem} />
        )}
        <Section>
          <Stack gap="lg">
            <TextInput
              label="Name"
              placeholder="Monthly news"
              value={name}
              error={at("name")}
              onChange={(event) => setName(event.currentTarget.value)}
              maw={420}
            />
            <MailEditor mail={mail} errors={{ subject: at("subject"), html: at("html") }} onChange={setMail} />
          </Stack>
        </Section>
      </Stack>
      {stored && (
        <Confirm
          opened={deleting}
          title={`Delete “${stored.name}”?`}
          act="Delete"
          danger
          pending={remove.isPending}
          problem={remove.error}
          onConfirm={() => remove.mutate({ id: stored.id })}
          onClose={() => setDeleting(false)}
        >
          Campaigns that were started from it keep their mail.
        </Confirm>
      )}
    </>
  );
};

/** The editor for a new template or for the one in the path. */
export const TemplateScreen = () => {
  const { id } = route.useParams();
  const fresh = id === "new";
  const template = useRead("templates.get", { id }, { enabled: !fresh });
  const [opened, setOpened] = useState<{ template: Template; round: number }>();
  useEffect(() => {
    if (template.data)
      setOpened((old) => (old?.template.id === template.data.id ? old : { template: template.data, round: 0 }));
  }, [template.data]);
  const reload = () =>
    void template.refetch().then(({ data }) => {
      if (data) setOpened((old) => ({ template: data, round: (old?.round ?? 0) + 1 }));
    });
  if (fresh) return <Editor key="new" template={undefined} onReload={reload} />;
  if (template.isError) return <ProblemNote problem={template.error} retry={() => void template.refetch()} />;
  if (!opened || opened.template.id !== id) return <PageSkeleton />;
  return <Editor key={`${id} ${opened.round}`} template={opened.template} onReload={reload} />;
};
