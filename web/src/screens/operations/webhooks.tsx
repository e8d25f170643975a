// The inbox of what providers and mail servers say about messages: what came, what became of it, and applying it again.
import { NativeSelect, Text } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { Row } from "../../api.ts";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { ButtonLink } from "../../parts/link.tsx";
import { Empty } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { RowLink } from "../../parts/row-link.tsx";
import { Status } from "../../parts/status.tsx";
import { useRows } from "../../query.ts";
import { moment } from "../../words.ts";
import css from "./jobs.module.css";
import { OperationsPage } from "./operations-page.tsx";
import { WebhookDrawer } from "./webhook-drawer.tsx";
import { providerWords, webhookWords } from "./webhook-words.ts";

type Webhook = Row<"webhooks.list">;
const route = getRouteApi("/app/operations/webhooks");
const column = columnsOf<Webhook>();
const columns = column.columns([
  column.accessor("provider", {
    header: "From",
    cell: ({ row: { original } }) => (
      <RowLink to="." search={(search: object) => ({ ...search, webhook: original.id })} resetScroll={false}>
        {providerWords(original.provider)}
      </RowLink>
    ),
    meta: { width: "minmax(0, 1fr)", narrow: "title" },
  }),
  column.accessor("state", {
    header: "What became of it",
    cell: ({ row: { original } }) => (
      <span className={css["two"]}>
        <Status word={webhookWords[original.state]} />
        {original.error && <small className="lc-break">{original.error}</small>}
      </span>
    ),
    meta: { width: "minmax(0, 2fr)", narrow: "line" },
  }),
  column.accessor("receivedAt", {
    header: "Received",
    cell: ({ row: { original } }) => (
      <Text span fz="sm" c="dimmed">
        {moment(original.receivedAt)}
      </Text>
    ),
    meta: { width: "180px", align: "end", narrow: "line" },
  }),
]) as Columns<Webhook>;

/** The screen. */
export const Webhooks = () => {
  const { webhook, ...filters } = route.useSearch();
  const navigate = useNavigate({ from: "/operations/webhooks" });
  const asked = Object.fromEntries(
    Object.entries(filters).filter(([, value]) => value !== undefined),
  ) as typeof filters & object;
  const list = useRows("webhooks.list", { ...(asked as object), limit: 100 }, { every: 4_000 });
  const filtered = Object.keys(asked).length > 0;
  const set = (changed: Partial<typeof filters>) =>
    void navigate({ search: (search) => ({ ...search, ...changed }), replace: true, resetScroll: false });
  return (
    <OperationsPage
      title="Webhooks"
      lead="What email providers and mail servers report about messages, kept for 30 days."
    >
      <div className={css["filters"]}>
        <NativeSelect
          aria-label="State"
          value={filters.state ?? ""}
          onChange={(event) => set({ state: (event.currentTarget.value || undefined) as typeof filters.state })}
        >
          <option value="">Any state</option>
          {Object.entries(webhookWords).map(([state, { label }]) => (
            <option key={state} value={state}>
              {label}
            </option>
          ))}
        </NativeSelect>
        <NativeSelect
          aria-label="From"
          value={filters.provider ?? ""}
          onChange={(event) => set({ provider: (event.currentTarget.value || undefined) as typeof filters.provider })}
        >
          <option value="">From anybody</option>
          {(["resend", "postmark", "ses", "sendgrid", "imap"] as const).map((provider) => (
            <option key={provider} value={provider}>
              {providerWords(provider)}
            </option>
          ))}
        </NativeSelect>
      </div>
      <Section flush>
        <DataTable
          label="Webhooks"
          columns={columns}
          list={list}
          rowKey={(row) => row.id}
          rowHeight={60}
          empty={
            filtered ? (
              <Empty
                icon="search"
                title="Nothing matches"
                actions={
                  <ButtonLink to="/operations/webhooks" search={{}} variant="default">
                    Show all
                  </ButtonLink>
                }
              >
                Choose another state or sender.
              </Empty>
            ) : (
              <Empty
                icon="mailbox"
                title="Nothing came in yet"
                actions={
                  <ButtonLink to="/settings/sending" variant="default">
                    Set up sending
                  </ButtonLink>
                }
              >
                Bounces, complaints and deliveries show up here once a provider is told to report them.
              </Empty>
            )
          }
        />
      </Section>
      <WebhookDrawer
        id={webhook}
        onClose={() => void navigate({ search: ({ webhook: _, ...rest }) => rest, resetScroll: false })}
      />
    </OperationsPage>
  );
};
