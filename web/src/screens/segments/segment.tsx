// One segment: its rule in the builder, and beside it how many it finds, in a sentence, with some of them.
import { Button, Group, Loader, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import type { Row } from "../../api.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ButtonLink, TextLink } from "../../parts/link.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { PageHead, PageSkeleton, Section } from "../../parts/page.tsx";
import { useRead, useWrite } from "../../query.ts";
import { contactName, count } from "../../words.ts";
import { fromApi, isComplete, newGroup, type Group as RuleGroup, toApi } from "./rule.ts";
import { RuleBuilder } from "./rule-builder.tsx";
import css from "./segments.module.css";

type Segment = Row<"segments.list">;
const route = getRouteApi("/app/segments/$id");
const builtIn = [
  "tags",
  "email",
  "phone",
  "firstName",
  "lastName",
  "orgName",
  "kind",
  "stage",
  "score",
  "timezone",
  "createdAt",
  "email.lastOpenedAt",
  "email.lastClickedAt",
  "lastRepliedAt",
];

const Preview = ({ group }: { readonly group: RuleGroup }) => {
  const rule = useMemo(() => (isComplete(group) ? toApi(group) : null), [group]);
  const [settled] = useDebouncedValue(rule, 350);
  const preview = useRead(
    "segments.preview",
    { rule: settled ?? {}, sample: 8 },
    { enabled: settled !== null, keep: true },
  );
  if (rule === null)
    return (
      <Text c="dimmed" fz="sm">
        Fill in every condition to see who is found.
      </Text>
    );
  if (preview.isError) return <ProblemNote problem={preview.error} retry={() => void preview.refetch()} />;
  if (!preview.data) return <Skeleton height={120} />;
  return (
    <Stack gap="sm" aria-live="polite">
      <Group gap="sm" align="baseline">
        <span className={css["count"]}>{count(preview.data.count)}</span>
        <Text c="dimmed">{preview.data.count === 1 ? "contact" : "contacts"}</Text>
        {preview.isFetching && <Loader size="xs" />}
      </Group>
      <Text fz="sm">{preview.data.sentence}</Text>
      {preview.data.sample.length > 0 && (
        <ul className={`lc-plain-list ${css["sample"]}`}>
          {preview.data.sample.map((contact) => (
            <li key={contact.id}>
              <TextLink to="/contacts/$id" params={{ id: contact.id }} c="var(--lc-ink)" fz="sm">
                {contactName(contact)}
              </TextLink>
              <Text span fz="xs" c="dimmed" className="lc-clip">
                {contact.email ?? contact.phone}
              </Text>
            </li>
          ))}
        </ul>
      )}
    </Stack>
  );
};

const Editor = ({ segment }: { readonly segment: Segment | undefined }) => {
  const navigate = useNavigate();
  const [name, setName] = useState(segment?.name ?? "");
  const [group, setGroup] = useState<RuleGroup>(() => (segment ? fromApi(segment.rule) : newGroup("all")));
  const [deleting, setDeleting] = useState(false);
  const fields = useRead("contacts.fields", {});
  const tags = useRead("tags.list", { limit: 1000 });
  const saved = (result: Segment) => {
    notifications.show({ message: `“${result.name}” was saved.` });
    if (!segment) void navigate({ to: "/segments/$id", params: { id: result.id }, replace: true });
  };
  const create = useWrite("segments.create", { touches: ["segments.list"], done: saved });
  const update = useWrite("segments.update", {
    touches: ["segments.list", "segments.get", "contacts.list"],
    done: saved,
  });
  const remove = useWrite("segments.remove", {
    touches: ["segments.list"],
    done: () => void navigate({ to: "/segments" }),
  });
  const problem = create.error ?? update.error;
  const nameError = problem?.errors.find((error) => error.path === "name")?.message;
  const ready = name.trim() !== "" && isComplete(group);
  const save = () => {
    const body = { name: name.trim(), rule: toApi(group) };
    if (segment) update.mutate({ id: segment.id, version: segment.version, ...body });
    else create.mutate(body);
  };
  const all = [...new Set([...builtIn, ...(fields.data?.fields ?? [])])];
  return (
    <>
      <PageHead
        title={segment?.name ?? "New segment"}
        above={
          <TextLink to="/segments" fz="sm">
            Segments
          </TextLink>
        }
        actions={
          <>
            {segment && (
              <>
                <ButtonLink
                  to="/campaigns/new"
                  search={{ segmentId: segment.id }}
                  variant="default"
                  leftSection={<Icon name="campaigns" size={16} />}
                >
                  Write to them
                </ButtonLink>
                <Button
                  variant="default"
                  onClick={() => setDeleting(true)}
                  leftSection={<Icon name="trash" size={16} />}
                >
                  Delete
                </Button>
              </>
            )}
            <Button onClick={save} loading={create.isPending || update.isPending} disabled={!ready}>
              Save
            </Button>
          </>
        }
      />
      <div className={css["layout"]}>
        <Stack gap="md" miw={0}>
          {problem && !nameError && <ProblemNote problem={problem} />}
          <TextInput
            label="Name"
            placeholder="Workshop visitors"
            value={name}
            error={nameError}
            onChange={(event) => setName(event.currentTarget.value)}
            maw={420}
          />
          <RuleBuilder
            group={group}
            fields={all}
            tags={tags.data?.data.map((tag) => tag.name) ?? []}
            onChange={setGroup}
          />
        </Stack>
        <Section title="Who is found">
          <Preview group={group} />
        </Section>
      </div>
      {segment && (
        <Confirm
          opened={deleting}
          title={`Delete “${segment.name}”?`}
          act="Delete"
          danger
          pending={remove.isPending}
          problem={remove.error}
          onConfirm={() => remove.mutate({ id: segment.id })}
          onClose={() => setDeleting(false)}
        >
          Its contacts stay. Drafts that use it must get another audience.
        </Confirm>
      )}
    </>
  );
};

/** The builder for a new segment or for the one in the path. */
export const SegmentScreen = () => {
  const { id } = route.useParams();
  const fresh = id === "new";
  const segment = useRead("segments.get", { id }, { enabled: !fresh });
  const [opened, setOpened] = useState<Segment>();
  useEffect(() => {
    if (segment.data) setOpened(segment.data);
  }, [segment.data]);
  if (fresh) return <Editor key="new" segment={undefined} />;
  if (segment.isError) return <ProblemNote problem={segment.error} retry={() => void segment.refetch()} />;
  if (!opened || opened.id !== id) return <PageSkeleton />;
  return <Editor key={id} segment={opened} />;
};
