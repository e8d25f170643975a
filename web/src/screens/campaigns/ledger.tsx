// The ledger of a campaign: one row per person of the audience, filtered by state, reason and address in the URL.
import { NativeSelect, Text } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { Message, MessageState } from "../../../../shared/contracts/messages.ts";
import type { ApiResult } from "../../api.ts";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { ButtonLink } from "../../parts/link.tsx";
import { Empty } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { RowLink } from "../../parts/row-link.tsx";
import { SearchBox } from "../../parts/search-box.tsx";
import { Status } from "../../parts/status.tsx";
import { useRows } from "../../query.ts";
import { count, reasonWords, shortMoment, stateOrder, stateWords } from "../../words.ts";
import css from "./campaigns.module.css";

const route = getRouteApi("/app/campaigns/$id");
const column = columnsOf<Message>();
const columns = column.columns([
  column.accessor("address", {
    header: "Person",
    cell: ({ row: { original } }) => (
      <RowLink to="." search={(search: object) => ({ ...search, message: original.id })} resetScroll={false}>
        {original.address ?? "no address"}
      </RowLink>
    ),
    meta: { width: "minmax(0, 1.4fr)", narrow: "title" },
  }),
  column.accessor("state", {
    header: "State",
    cell: ({ row }) => <Status word={stateWords[row.original.state]} />,
    meta: { width: "210px", narrow: "line" },
  }),
  column.accessor("reason", {
    header: "Why",
    cell: ({ row: { original } }) => (original.reason ? reasonWords(original.reason) : null),
    meta: { width: "minmax(0, 1.2fr)", narrow: "line" },
  }),
  column.accessor("updatedAt", {
    header: "When",
    cell: ({ row }) => (
      <Text span fz="sm" c="dimmed">
        {shortMoment(row.original.updatedAt)}
      </Text>
    ),
    meta: { width: "100px", align: "end", narrow: "beside" },
  }),
]) as Columns<Message>;

export interface LedgerProps {
  readonly id: string;
  readonly stats: ApiResult<"campaigns.stats">;
  readonly open: boolean;
  readonly live: boolean;
}

/** Table of the campaign's messages. */
export const Ledger = ({ id, stats, open, live }: LedgerProps) => {
  const { message: _, ...filters } = route.useSearch();
  const navigate = useNavigate({ from: "/campaigns/$id" });
  const list = useRows(
    "campaigns.messages",
    { id, ...filters, limit: 100 },
    { every: open ? (live ? 6000 : 2500) : false },
  );
  const set = (changed: Partial<typeof filters>) =>
    void navigate({ search: (search) => ({ ...search, ...changed }), replace: true, resetScroll: false });
  const reasons = Object.entries(stats.reasons).filter(([reason, number]) => number > 0 || reason === filters.reason);
  const filtered = Object.keys(filters).length > 0;
  return (
    <Section flush title="Ledger">
      <div className={css["filters"]}>
        <SearchBox
          label="Search the ledger"
          placeholder="Part of an address"
          value={filters.q}
          onChange={(q) => set({ q })}
        />
        <NativeSelect
          aria-label="State"
          value={filters.state ?? ""}
          onChange={(event) => set({ state: (event.currentTarget.value || undefined) as MessageState | undefined })}
        >
          <option value="">Any state</option>
          {stateOrder.map((state) => (
            <option key={state} value={state}>
              {stateWords[state].label} ({count(stats.states[state] ?? 0)})
            </option>
          ))}
        </NativeSelect>
        <NativeSelect
          aria-label="Reason"
          value={filters.reason ?? ""}
          onChange={(event) => set({ reason: event.currentTarget.value || undefined })}
        >
          <option value="">Any reason</option>
          {reasons.map(([reason, number]) => (
            <option key={reason} value={reason}>
              {reasonWords(reason)} ({count(number)})
            </option>
          ))}
        </NativeSelect>
      </div>
      <DataTable
        label="Ledger"
        columns={columns}
        list={list}
        rowKey={(row) => row.id}
        empty={
          filtered ? (
            <Empty
              icon="search"
              title="No message matches"
              actions={
                <ButtonLink to="/campaigns/$id" params={{ id }} search={{}} variant="default">
                  Show all
                </ButtonLink>
              }
            />
          ) : stats.heldReason === "restored" ? (
            <Empty icon="clock" title="Nobody is in the ledger yet">
              It is written once you resume the campaign.
            </Empty>
          ) : (
            <Empty icon="clock" title="The ledger is being written">
              Every person of the audience gets a line here, also those who are left out.
            </Empty>
          )
        }
      />
    </Section>
  );
};
