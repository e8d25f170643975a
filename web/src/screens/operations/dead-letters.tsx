// Dead letters: events that a part of the system could not handle, until somebody replays or drops them.
import { Button, NativeSelect, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { DeadLetter } from "../../../../shared/contracts/dead-letters.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { useMay } from "../../parts/may.tsx";
import { Empty } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { RowLink } from "../../parts/row-link.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead, useRows, useWrite } from "../../query.ts";
import { counted, shortMoment } from "../../words.ts";
import css from "./dead-letters.module.css";
import { LetterDrawer } from "./letter-drawer.tsx";
import { letterName, letterStateWords } from "./letter-words.ts";
import { OperationsPage } from "./operations-page.tsx";

const route = getRouteApi("/app/operations/dead-letters");
const column = columnsOf<DeadLetter>();
const columns = column.columns([
  column.accessor("type", {
    header: "Event",
    cell: ({ row: { original } }) => (
      <span className={css["what"]}>
        <RowLink to="." search={(search: object) => ({ ...search, letter: original.id })} resetScroll={false}>
          {letterName(original)}
        </RowLink>
        <small>not handled by {original.group}</small>
      </span>
    ),
    meta: { width: "minmax(0, 1.2fr)", narrow: "title" },
  }),
  column.accessor("error", {
    header: "Why",
    cell: ({ row: { original } }) => <span className={css["error"]}>{original.error}</span>,
    meta: { width: "minmax(0, 1.8fr)", narrow: "line" },
  }),
  column.accessor("state", {
    header: "State",
    cell: ({ row: { original } }) => <Status word={letterStateWords[original.state]} />,
    meta: { width: "140px", narrow: "line" },
  }),
  column.accessor("diedAt", {
    header: "Died",
    cell: ({ row: { original } }) => (
      <Text span fz="sm" c="dimmed">
        {shortMoment(original.diedAt)}
      </Text>
    ),
    meta: { width: "110px", align: "end", narrow: "beside" },
  }),
]) as Columns<DeadLetter>;

type Act = "replay" | "drop";
const actWords = {
  replay: { verb: "Replay", past: "replayed" },
  drop: { verb: "Drop", past: "dropped" },
} as const;

/** Replays or drops every open letter of a group, after the exact number was shown. */
const ActOnAll = ({ group }: { readonly group: string }) => {
  const [act, setAct] = useState<Act | null>(null);
  const counting = useWrite("deadLetters.bulk", { touches: [] });
  const doing = useWrite("deadLetters.bulk", {
    touches: ["deadLetters"],
    done: ({ done }, params) => {
      setAct(null);
      notifications.show({ message: `${counted(done, "dead letter")} ${actWords[params.act].past}.` });
    },
  });
  const ask = (wanted: Act) => {
    doing.reset();
    setAct(wanted);
    counting.mutate({ act: wanted, group, dryRun: true });
  };
  const matched = counting.data?.matched;
  const named = matched === undefined ? "…" : counted(matched, "dead letter");
  return (
    <>
      <Button variant="default" onClick={() => ask("drop")}>
        Drop all of {group}
      </Button>
      <Button onClick={() => ask("replay")}>Replay all of {group}</Button>
      <Confirm
        opened={act !== null}
        title={`${act ? actWords[act].verb : ""} ${named}?`}
        act={`${act ? actWords[act].verb : ""} ${named}`}
        danger={act === "drop"}
        pending={counting.isPending || doing.isPending}
        problem={doing.error ?? counting.error}
        onConfirm={() => {
          if (matched === 0) setAct(null);
          else if (act && matched !== undefined) doing.mutate({ act, group });
        }}
        onClose={() => setAct(null)}
      >
        {act === "replay" && matched === 0
          ? "None of them can be read, so none can be replayed. Look at what they are, then drop them."
          : act === "replay"
            ? `${group} gets each of them once more. What fails again comes back here. Unreadable ones stay.`
            : `Nothing more is done with what ${group} could not handle. They stay to be seen for a while.`}
      </Confirm>
    </>
  );
};

/** The screen. */
export const DeadLetters = () => {
  const { letter, ...filters } = route.useSearch();
  const may = useMay();
  const navigate = useNavigate({ from: "/operations/dead-letters" });
  const list = useRows("deadLetters.list", { ...filters, limit: 100 }, { every: 5_000 });
  const groups = useRead("deadLetters.list", { limit: 1 }, { every: 5_000 }).data?.groups ?? [];
  const open = groups.reduce((sum, { count }) => sum + count, 0);
  const set = (changed: Partial<typeof filters>) =>
    void navigate({ search: (search) => ({ ...search, ...changed }), replace: true, resetScroll: false });
  const filtered = filters.group !== undefined || filters.state !== undefined;
  const chosen = groups.find(({ group }) => group === (filters.group ?? (groups.length === 1 ? group : undefined)));
  return (
    <OperationsPage
      title="Dead letters"
      lead={`Events that a part of the system could not handle after all its tries. ${open === 0 ? "None waits for a decision." : `${counted(open, "waits", "wait")} for you to replay or drop.`}`}
      actions={may("deadLetters.bulk") && chosen && <ActOnAll key={chosen.group} group={chosen.group} />}
    >
      <div className={css["filters"]}>
        <NativeSelect
          aria-label="Part of the system"
          value={filters.group ?? ""}
          onChange={(event) => set({ group: event.currentTarget.value || undefined })}
        >
          <option value="">Every part of the system</option>
          {[...groups, ...(filters.group && !chosen ? [{ group: filters.group, count: 0 }] : [])].map(
            ({ group, count }) => (
              <option key={group} value={group}>
                {group}, {count} open
              </option>
            ),
          )}
        </NativeSelect>
        <NativeSelect
          aria-label="State"
          value={filters.state ?? ""}
          onChange={(event) => set({ state: (event.currentTarget.value || undefined) as typeof filters.state })}
        >
          <option value="">Any state</option>
          <option value="dead">Wait for a decision</option>
          <option value="replayed">Replayed</option>
          <option value="dropped">Dropped</option>
        </NativeSelect>
      </div>
      <Section flush>
        <DataTable
          label="Dead letters"
          columns={columns}
          list={list}
          rowKey={(row) => row.id}
          empty={
            <Empty icon="check" title={filtered ? "No dead letter matches" : "No dead letters"}>
              {filtered
                ? "Try another part of the system or another state."
                : "Every event was handled. One that fails again and again lands here, and nothing of it is lost."}
            </Empty>
          }
        />
      </Section>
      <LetterDrawer
        id={letter}
        onClose={() => void navigate({ search: ({ letter: _, ...rest }) => rest, resetScroll: false })}
      />
    </OperationsPage>
  );
};
