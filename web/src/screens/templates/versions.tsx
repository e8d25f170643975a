// The published versions of a template: what each changed against the draft, and a way back.
import { Button, Drawer, Group, NativeSelect, Skeleton, Stack, Text } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import type { ApiResult } from "../../api.ts";
import { useMay } from "../../parts/may.tsx";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead, useRows, useWrite } from "../../query.ts";
import { moment } from "../../words.ts";
import css from "./templates.module.css";

type Template = ApiResult<"templates.get">;
// The library that compares is loaded when somebody compares.
const DiffView = lazy(() => import("./diff-view.tsx").then(({ DiffView: view }) => ({ default: view })));

interface Side {
  readonly subject: string | null;
  readonly html: string | null;
  readonly mjml: string | null;
}
/** Subject and source as one text, so that a changed subject is seen too. */
const textOf = ({ subject, html, mjml }: Side): string => `Subject: ${subject ?? ""}\n\n${mjml ?? html ?? ""}`;

interface CompareProps {
  readonly template: Template;
  readonly from: number;
  /** A version, or 0 for the draft. */
  readonly to: number;
}

const Compare = ({ template, from, to }: CompareProps) => {
  const before = useRead("templates.showVersion", { id: template.id, number: from });
  const other = useRead("templates.showVersion", { id: template.id, number: to }, { enabled: to > 0 });
  const after = to === 0 ? template : other.data;
  const problem = before.error ?? other.error;
  if (problem) return <ProblemNote problem={problem} />;
  if (!before.data || !after) return <Skeleton height={200} />;
  const [a, b] = [textOf(before.data), textOf(after)];
  if (a === b) return <Note tone="good" title="They say the same" />;
  return (
    <Suspense fallback={<Skeleton height={200} />}>
      <DiffView label="Changes" before={a} after={b} />
    </Suspense>
  );
};

export interface VersionsProps {
  readonly template: Template;
  readonly opened: boolean;
  /** True while the editor holds changes that are not saved. */
  readonly dirty: boolean;
  readonly onClose: () => void;
  readonly onRestored: (template: Template) => void;
}

/** Versions in a drawer beside the editor. */
export const Versions = ({ template, opened, dirty, onClose, onRestored }: VersionsProps) => {
  const list = useRows("templates.versions", { id: template.id, limit: 100 }, { enabled: opened });
  const [pair, setPair] = useState<{ from: number; to: number }>();
  const may = useMay();
  const restore = useWrite("templates.restore", { touches: ["templates"], done: onRestored });
  const sides = list.rows.map(({ number }) => ({ value: String(number), label: `Version ${number}` }));
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size="xl"
      title="Versions"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Stack gap="lg">
        <Text fz="sm" c="dimmed">
          A published version never changes. Campaigns take the newest one when they are launched.
        </Text>
        {list.problem && <ProblemNote problem={list.problem} retry={list.retry} />}
        {restore.error && <ProblemNote problem={restore.error} />}
        {list.loading && opened && <Skeleton height={80} />}
        <ul className={`lc-plain-list ${css["versions"]}`}>
          {list.rows.map((version) => (
            <li key={version.number} className={css["version"]}>
              <span>
                <b>Version {version.number}</b> · {moment(version.publishedAt)} · {version.format.toUpperCase()}
              </span>
              <Group gap="xs">
                {version.current && <Status word={{ label: "in use", tone: "good" }} />}
                <Button
                  variant="default"
                  size="compact-sm"
                  aria-label={`Compare version ${version.number} with the draft`}
                  onClick={() => setPair({ from: version.number, to: 0 })}
                >
                  Compare
                </Button>
                {may("templates.restore") && (
                  <Button
                    variant="default"
                    size="compact-sm"
                    aria-label={`Make it the draft: version ${version.number}`}
                    disabled={dirty}
                    loading={restore.isPending}
                    onClick={() =>
                      restore.mutate({ id: template.id, number: version.number, version: template.version })
                    }
                  >
                    Make it the draft
                  </Button>
                )}
              </Group>
            </li>
          ))}
        </ul>
        {dirty && (
          <Text fz="sm" c="dimmed">
            Save or drop your changes before you go back to a version. Versions are compared with the saved draft.
          </Text>
        )}
        {!list.loading && list.rows.length === 0 && (
          <Text fz="sm">Nothing is published yet. The draft becomes version 1 when it is published.</Text>
        )}
        {list.hasMore && (
          <Button variant="default" loading={list.loadingMore} onClick={list.loadMore}>
            Show older versions
          </Button>
        )}
        {pair && (
          <Stack gap="sm">
            <Group gap="xs" align="flex-end">
              <NativeSelect
                label="From"
                value={String(pair.from)}
                data={sides}
                onChange={(event) => setPair({ ...pair, from: Number(event.currentTarget.value) })}
              />
              <NativeSelect
                label="To"
                value={String(pair.to)}
                data={[{ value: "0", label: "The draft" }, ...sides]}
                onChange={(event) => setPair({ ...pair, to: Number(event.currentTarget.value) })}
              />
            </Group>
            <Compare template={template} from={pair.from} to={pair.to} />
          </Stack>
        )}
      </Stack>
    </Drawer>
  );
};
