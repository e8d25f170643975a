// One import: progress with rate and a way to stop it, then what became of the rows, and those that were refused.

import { Button, Group, Progress, Stack, Text } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { Row } from "../../api.ts";
import { apiAddress } from "../../api-address.ts";
import { useLive } from "../../live.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ButtonLink, TextLink } from "../../parts/link.tsx";
import { useMay } from "../../parts/may.tsx";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { Figures, PageHead, PageSkeleton, Section } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead, useRows, useWrite } from "../../query.ts";
import { count, moment, shortMoment, size } from "../../words.ts";
import { ConsentOf } from "./consent-of.tsx";
import css from "./imports.module.css";
import { UndoImport, UndoResult } from "./undo-import.tsx";
import { type Import, importWords, pace, underWay } from "./words.ts";

type Refused = Row<"imports.errors">;
const route = getRouteApi("/app/imports/$id");
const column = columnsOf<Refused>();
const columns = column.columns([
  column.accessor("row", { header: "Row", meta: { width: "70px", narrow: "title" } }),
  column.display({
    id: "errors",
    header: "Why",
    cell: ({ row }) => (
      <ul className={`lc-plain-list ${css["cellErrors"]}`}>
        {row.original.errors.map((error) => (
          <li key={`${error.column} ${error.message}`}>
            {error.column && <b>{error.column}: </b>}
            {error.message}
          </li>
        ))}
      </ul>
    ),
    meta: { width: "minmax(0, 1.2fr)", narrow: "line" },
  }),
  column.accessor("raw", {
    header: "As it stands in the file",
    cell: ({ row }) => <span className={css["raw"]}>{row.original.raw}</span>,
    meta: { width: "minmax(0, 1.6fr)", narrow: "line" },
  }),
]) as Columns<Refused>;

const RefusedRows = ({ entry }: { readonly entry: Import }) => {
  const list = useRows("imports.errors", { id: entry.id, limit: 50 });
  return (
    <Section
      flush
      title="Refused rows"
      aside={
        <Button
          component="a"
          href={apiAddress(`/api/v1/imports/${entry.id}/errors.csv`)}
          download
          variant="default"
          size="compact-sm"
          leftSection={<Icon name="download" size={15} />}
        >
          Download as CSV
        </Button>
      }
    >
      <DataTable label="Refused rows" columns={columns} list={list} rowKey={(row) => String(row.row)} empty={null} />
    </Section>
  );
};

/** The page of one import. */
export const ImportScreen = () => {
  const { id } = route.useParams();
  const live = useLive(`import:${id}`);
  const [every, setEvery] = useState<number | false>(1500);
  const found = useRead("imports.get", { id }, { every });
  const [asked, setAsked] = useState(false);
  const [undoing, setUndoing] = useState(false);
  const may = useMay();
  const cancel = useWrite("imports.cancel", { touches: ["imports"], done: () => setAsked(false) });
  const entry = found.data;
  const wanted = entry && !underWay(entry.status) ? false : live ? 4000 : 1500;
  if (wanted !== every) setEvery(wanted);
  if (found.isError && !entry) return <ProblemNote problem={found.error} retry={() => void found.refetch()} />;
  if (!entry) return <PageSkeleton />;
  const open = underWay(entry.status);
  return (
    <>
      <PageHead
        title={entry.fileName}
        above={
          <TextLink to="/imports" fz="sm">
            Imports
          </TextLink>
        }
        beside={<Status word={importWords[entry.status]} live={open} />}
        lead={`${size(entry.bytes)}, ${moment(entry.createdAt)}${entry.undoableUntil ? `. Can be undone until ${shortMoment(entry.undoableUntil)}` : ""}`}
        actions={
          entry.status === "undoing" ? undefined : open ? (
            may("imports.cancel") && (
              <Button variant="default" leftSection={<Icon name="stop" size={16} />} onClick={() => setAsked(true)}>
                Cancel
              </Button>
            )
          ) : (
            <>
              {entry.undoableUntil && may("imports.undo") && (
                <Button variant="default" onClick={() => setUndoing(true)}>
                  Undo
                </Button>
              )}
              <ButtonLink to="/contacts">To the contacts</ButtonLink>
            </>
          )
        }
      />
      <Stack gap="lg">
        {entry.reason && (
          <Note
            tone={entry.status === "failed" ? "bad" : "info"}
            title={entry.status === "failed" ? "The import stopped" : "Note"}
            role="alert"
          >
            {entry.reason}
          </Note>
        )}
        <UndoResult entry={entry} />
        {entry.undoableUntil && entry.inserted > 0 && <ConsentOf entry={entry} />}
        <Section>
          <Stack gap="lg">
            <Stack gap={6}>
              <Progress value={entry.progress * 100} size="lg" aria-label="Progress of the import" />
              <Group justify="space-between" gap="xs" aria-live="polite">
                <Text fz="sm" c="dimmed">
                  {pace(entry)}
                </Text>
                <Text fz="sm" c="dimmed" className="lc-numbers">
                  {Math.round(entry.progress * 100)}%
                </Text>
              </Group>
            </Stack>
            <Figures
              facts={[
                { name: "New", value: count(entry.inserted) },
                { name: "Updated", value: count(entry.updated) },
                { name: "Left as they were", value: count(entry.skipped) },
                { name: "Refused", value: count(entry.failed) },
              ]}
            />
          </Stack>
        </Section>
        {entry.failed > 0 && <RefusedRows entry={entry} />}
      </Stack>
      <Confirm
        opened={asked}
        title="Cancel the import?"
        act="Cancel the import"
        danger
        pending={cancel.isPending}
        problem={cancel.error}
        onConfirm={() => cancel.mutate({ id })}
        onClose={() => setAsked(false)}
      >
        Rows that were taken in stay. The rest of the file is left out.
      </Confirm>
      <UndoImport entry={entry} opened={undoing} onClose={() => setUndoing(false)} />
    </>
  );
};
