// One segment: its rule in the builder, and beside it how many it finds, in a sentence, with some of them.
import { Button, Stack, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { getRouteApi, useNavigate, useRouteContext } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import type { Row } from "../../api.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ButtonLink, TextLink } from "../../parts/link.tsx";
import { NotForYou, useMay } from "../../parts/may.tsx";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { PageHead, PageSkeleton, Section } from "../../parts/page.tsx";
import { forget, useRead, useWrite } from "../../query.ts";
import { Preview } from "./preview.tsx";
import { fromApi, isComplete, newGroup, type Group as RuleGroup, toApi } from "./rule.ts";
import { RuleBuilder } from "./rule-builder.tsx";
import css from "./segments.module.css";
import { Usage } from "./usage.tsx";

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
  "community",
  "score",
  "timezone",
  "createdAt",
  "email.lastOpenedAt",
  "email.lastClickedAt",
  "lastRepliedAt",
];

interface EditorProps {
  readonly segment: Segment | undefined;
  /** Shows the stored segment again, without what was changed here. */
  readonly onReload: () => void;
}

const settle = 350;

const Editor = ({ segment, onReload }: EditorProps) => {
  const navigate = useNavigate();
  const { session } = useRouteContext({ from: "/app" });
  const may = useMay();
  const writes = may(segment ? "segments.update" : "segments.create");
  const everybodys = session.communities !== null && segment !== undefined && segment.communities === null;
  const [name, setName] = useState(segment?.name ?? "");
  const [group, setGroup] = useState<RuleGroup>(() => (segment ? fromApi(segment.rule) : newGroup("all")));
  // The version that these changes build on: a newer one that is read meanwhile must not be overwritten unseen.
  const [version, setVersion] = useState(segment?.version);
  const [deleting, setDeleting] = useState(false);
  const fields = useRead("contacts.fields", {});
  const rule = useMemo(() => (isComplete(group) ? toApi(group) : null), [group]);
  const [settled] = useDebouncedValue(rule, settle);
  const preview = useRead(
    "segments.preview",
    { rule: settled ?? {}, sample: 8 },
    { enabled: settled !== null, keep: true },
  );
  const saved = (result: Segment) => {
    setVersion(result.version);
    notifications.show({ message: `“${result.name}” was saved.` });
    if (!segment) void navigate({ to: "/segments/$id", params: { id: result.id }, replace: true });
  };
  const create = useWrite("segments.create", { touches: ["segments.list"], done: saved });
  const update = useWrite("segments.update", {
    touches: ["segments.list", "segments.get", "contacts.list", "contacts.facets"],
    done: saved,
  });
  const remove = useWrite("segments.remove", {
    touches: ["segments.list"],
    done: (_, { id }) => void navigate({ to: "/segments" }).then(() => forget("segments.get", id)),
  });
  const problem = create.error ?? update.error;
  const nameError = problem?.errors.find((error) => error.path === "name")?.message;
  const ready = name.trim() !== "" && rule !== null;
  const refused = [...(problem?.errors ?? []), ...(preview.error?.errors ?? [])];
  const save = () => {
    const body = { name: name.trim(), rule: toApi(group) };
    if (segment) update.mutate({ id: segment.id, ...(version === undefined ? {} : { version }), ...body });
    else create.mutate(body);
  };
  const all = [...new Set([...builtIn, ...(fields.data?.fields ?? [])])];
  const found = (
    <Section title="Who is found">
      <Preview
        complete={rule !== null}
        answer={preview.data}
        problem={preview.isError ? preview.error : null}
        loading={preview.isFetching}
        retry={() => void preview.refetch()}
      />
    </Section>
  );
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
                {may("campaigns.create") && (
                  <ButtonLink
                    to="/campaigns/new"
                    search={{ segmentId: segment.id }}
                    variant="default"
                    leftSection={<Icon name="campaigns" size={16} />}
                  >
                    Write to them
                  </ButtonLink>
                )}
                {may("segments.remove") && !everybodys && (
                  <Button
                    variant="default"
                    onClick={() => setDeleting(true)}
                    leftSection={<Icon name="trash" size={16} />}
                  >
                    Delete
                  </Button>
                )}
              </>
            )}
            {writes && (
              <Button onClick={save} loading={create.isPending || update.isPending} disabled={!ready || everybodys}>
                Save
              </Button>
            )}
          </>
        }
      />
      <div className={css["layout"]}>
        <Stack gap="md" miw={0}>
          {everybodys && writes && (
            <Note tone="info" title="Everybody uses this segment">
              You see some communities, so you can write to whom it finds there, but not change its rule.
            </Note>
          )}
          {problem && !nameError && (
            <ProblemNote problem={problem} retry={problem.code === "VERSION_CONFLICT" ? onReload : undefined} />
          )}
          {!writes && found}
          {writes && (
            <>
              <TextInput
                label="Name"
                placeholder="Workshop visitors"
                value={name}
                error={nameError}
                onChange={(event) => setName(event.currentTarget.value)}
                maw={420}
              />
              <RuleBuilder group={group} fields={all} problems={refused} onChange={setGroup} />
            </>
          )}
        </Stack>
        <Stack gap="md" miw={0}>
          {writes && found}
          {segment && <Usage id={segment.id} />}
        </Stack>
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
          Its contacts stay. It cannot be deleted while a campaign that is not over has it as its audience.
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
  const may = useMay();
  const [loads, setLoads] = useState(0);
  useEffect(() => {
    if (segment.data) setOpened(segment.data);
  }, [segment.data]);
  const reload = async () => {
    const { data } = await segment.refetch();
    if (data) setOpened(data);
    setLoads((count) => count + 1);
  };
  if (fresh && !may("segments.create")) return <NotForYou needs="segments.create" back="/segments" />;
  if (fresh) return <Editor key="new" segment={undefined} onReload={() => undefined} />;
  if (segment.isError && !opened) return <ProblemNote problem={segment.error} retry={() => void segment.refetch()} />;
  if (!opened || opened.id !== id) return <PageSkeleton />;
  return <Editor key={`${id} ${loads}`} segment={opened} onReload={() => void reload()} />;
};
