// Messages: who got what, over everything that was ever asked for; found by person, address, state, reason and time.

import { Button, NativeSelect, Text } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { Message } from "../../../../shared/contracts/messages.ts";
import { apiAddress } from "../../api-address.ts";
import { dayBegins, dayEnds } from "../../days.ts";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { DayField } from "../../parts/day-field.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ButtonLink } from "../../parts/link.tsx";
import { useMay } from "../../parts/may.tsx";
import { Empty } from "../../parts/note.tsx";
import { PageHead, Section } from "../../parts/page.tsx";
import { RowLink } from "../../parts/row-link.tsx";
import { SearchBox } from "../../parts/search-box.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead, useRows } from "../../query.ts";
import {
  addressOf,
  count,
  counted,
  messageReasons,
  reasonWords,
  shortMoment,
  sourceWords,
  stateOrder,
  stateWords,
} from "../../words.ts";
import { MessageDrawer } from "./message-drawer.tsx";
import css from "./messages.module.css";

const route = getRouteApi("/app/messages");
const column = columnsOf<Message>();
const columns = column.columns([
  column.accessor("address", {
    header: "Person",
    cell: ({ row: { original } }) => (
      <RowLink to="." search={(search: object) => ({ ...search, message: original.id })} resetScroll={false}>
        {addressOf(original)}
      </RowLink>
    ),
    meta: { width: "minmax(0, 1.3fr)", narrow: "title" },
  }),
  column.accessor("subject", {
    header: "Message",
    cell: ({ row: { original } }) => (
      <span className={css["subject"]} title={original.subject ?? ""}>
        {original.subject ?? sourceWords(original.source)}
      </span>
    ),
    meta: { width: "minmax(0, 1.5fr)", narrow: "line" },
  }),
  column.accessor("state", {
    header: "What became of it",
    cell: ({ row: { original } }) => (
      <>
        <Status word={stateWords[original.state]} />
        {original.reason && (
          <Text fz="xs" c="dimmed">
            {reasonWords(original.reason)}
          </Text>
        )}
      </>
    ),
    meta: { width: "220px", narrow: "line" },
  }),
  column.accessor("createdAt", {
    header: "When",
    cell: ({ row }) => (
      <Text span fz="sm" c="dimmed">
        {shortMoment(row.original.acceptedAt ?? row.original.createdAt)}
      </Text>
    ),
    meta: { width: "110px", align: "end", narrow: "beside" },
  }),
]) as Columns<Message>;

const sources = ["campaign", "transactional", "alert"] as const;

/** The search over all messages. */
export const Messages = () => {
  const { message, from, until, ...filters } = route.useSearch();
  const navigate = useNavigate({ from: "/messages" });
  const asked = Object.fromEntries(
    Object.entries({ ...filters, from: dayBegins(from), until: dayEnds(until) }).filter(
      ([, value]) => value !== undefined,
    ),
  ) as typeof filters & { from?: string; until?: string };
  const list = useRows("messages.list", { ...asked, limit: 100 });
  const found = useRead("messages.count", asked, { keep: true });
  const person = useRead("contacts.get", { id: filters.contactId ?? "" }, { enabled: filters.contactId !== undefined });
  const filtered = Object.keys(asked).length > 0;
  const set = (changed: Partial<typeof filters & { from?: string | undefined; until?: string | undefined }>) =>
    void navigate({ search: (search) => ({ ...search, ...changed }), replace: true, resetScroll: false });
  const may = useMay();
  const total = found.data?.count;
  return (
    <>
      <PageHead
        title="Messages"
        lead={
          total === undefined
            ? "Everything that was sent, or left out and why."
            : `${counted(total, "message")}${filtered ? (total === 1 ? " matches" : " match") : " so far, also those that were left out"}.`
        }
        actions={
          total !== undefined &&
          total > 0 &&
          may("messages.csv") && (
            <Button
              component="a"
              href={apiAddress(`/api/v1/messages.csv?${new URLSearchParams(asked as Record<string, string>)}`)}
              download
              variant="default"
              leftSection={<Icon name="download" size={16} />}
            >
              Download as CSV, {counted(total, "row")}
            </Button>
          )
        }
      />
      <div className={css["filters"]}>
        <SearchBox
          label="Search messages"
          placeholder="Name, address or message id"
          value={filters.q}
          onChange={(q) => set({ q })}
        />
        <NativeSelect
          aria-label="State"
          value={filters.state ?? ""}
          onChange={(event) => set({ state: (event.currentTarget.value || undefined) as typeof filters.state })}
        >
          <option value="">Any state</option>
          {stateOrder.map((state) => (
            <option key={state} value={state}>
              {stateWords[state].label}
            </option>
          ))}
        </NativeSelect>
        <NativeSelect
          aria-label="Reason"
          value={filters.reason ?? ""}
          onChange={(event) => set({ reason: event.currentTarget.value || undefined })}
        >
          <option value="">Any reason</option>
          {[...new Set([...messageReasons, ...(filters.reason ? [filters.reason] : [])])].map((reason) => (
            <option key={reason} value={reason}>
              {reasonWords(reason)}
            </option>
          ))}
        </NativeSelect>
        <NativeSelect
          aria-label="Asked for by"
          value={filters.source ?? ""}
          onChange={(event) => set({ source: (event.currentTarget.value || undefined) as typeof filters.source })}
        >
          <option value="">Any kind</option>
          {sources.map((source) => (
            <option key={source} value={source}>
              {sourceWords(source)}
            </option>
          ))}
        </NativeSelect>
        <NativeSelect
          aria-label="Channel"
          value={filters.channel ?? ""}
          onChange={(event) => set({ channel: (event.currentTarget.value || undefined) as typeof filters.channel })}
        >
          <option value="">Any channel</option>
          <option value="email">Email</option>
          <option value="sms">SMS</option>
          <option value="call">Phone calls</option>
        </NativeSelect>
        <DayField label="From" value={from} max={until} onChange={(day) => set({ from: day })} />
        <DayField label="Until" value={until} min={from} onChange={(day) => set({ until: day })} />
        {filtered && (
          <ButtonLink to="/messages" search={{}} variant="subtle" leftSection={<Icon name="close" size={15} />}>
            {filters.contactId
              ? `Not only ${person.data ? (person.data.firstName ?? person.data.email) : "one contact"}`
              : "Show all"}
          </ButtonLink>
        )}
      </div>
      <Section flush>
        <DataTable
          label={`Messages${total === undefined ? "" : `, ${count(total)}`}`}
          columns={columns}
          list={list}
          rowKey={(row) => row.id}
          empty={
            filtered ? (
              <Empty
                icon="search"
                title="No message matches"
                actions={
                  <ButtonLink to="/messages" search={{}} variant="default">
                    Show all messages
                  </ButtonLink>
                }
              >
                Try fewer words, another state or a longer time.
              </Empty>
            ) : (
              <Empty
                icon="messages"
                title="Nothing was sent yet"
                actions={may("campaigns.create") && <ButtonLink to="/campaigns/new">New campaign</ButtonLink>}
              >
                Every message gets a line here: who it was for, what became of it, and why.
              </Empty>
            )
          }
        />
      </Section>
      <MessageDrawer
        id={message}
        onClose={() => void navigate({ search: ({ message: _, ...rest }) => rest, resetScroll: false })}
      />
    </>
  );
};
