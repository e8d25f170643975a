// Pages of the ledger, for one campaign or over everything. Subjects are filled in here: rows keep values, not bodies.
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { Message } from "../../../shared/contracts/messages.ts";
import { idOfCursor, pageById } from "../../../shared/db/id-page.ts";
import { normaliseAddress } from "../../../shared/lib/address.ts";
import { type MessageRow, messageEvents } from "../../../shared/messaging/message-rows.ts";
import {
  countMessages,
  findMessageWithin,
  listMessages,
  type MessageFilter,
  type MessagePage,
} from "../../../shared/messaging/message-search.ts";
import { subjectOf } from "../../../shared/messaging/subject.ts";
import { requireCampaign } from "../campaigns/drafts.ts";
import { campaignsWithin, findCampaign } from "../campaigns/store.ts";

/** Whether the caller may look at a campaign. */
type Seen = (campaignId: string) => boolean;

/** The campaigns of these messages that the caller may look at. */
const seenOf = async ({ db, scope }: Deps, rows: readonly MessageRow[]): Promise<Seen> => {
  if (!scope) return () => true;
  const ids = rows.flatMap(({ source, source_id }) => (source === "campaign" ? [source_id] : []));
  const within = await campaignsWithin(db, [...new Set(ids)], scope);
  return (id) => within.has(id);
};

/** A row as the API shows it; a campaign that the caller does not see is not named. */
export const messageOf = async (deps: Deps, row: MessageRow, seen: Seen): Promise<Message> => {
  return {
    id: row.id,
    source: row.source,
    sourceId: row.source === "campaign" && seen(row.source_id) ? row.source_id : null,
    contactId: row.contact_id,
    channel: row.channel,
    address: row.address,
    subject: await subjectOf(deps.db, row),
    state: row.state as Message["state"],
    reason: row.reason,
    detail: row.detail,
    provider: row.provider,
    providerMessageId: row.provider_message_id,
    attempts: row.attempts,
    createdAt: row.created_at.toISOString(),
    acceptedAt: row.accepted_at?.toISOString() ?? null,
    updatedAt: row.updated_at.toISOString(),
  };
};

interface PageInput {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const page = async (deps: Deps, input: PageInput, filter: Omit<MessagePage, "after" | "limit" | "scope">) => {
  const after = idOfCursor(input.cursor);
  const rows = await listMessages(deps.db, { ...filter, scope: deps.scope, after, limit: input.limit + 1 });
  const { data, nextCursor } = pageById(rows, input.limit);
  const seen = await seenOf(deps, data);
  return { data: await Promise.all(data.map((row) => messageOf(deps, row, seen))), nextCursor };
};

/** The ledger of one campaign, in the order of its audience. Throws CAMPAIGN_NOT_FOUND, CURSOR_INVALID. */
export const campaignMessages = async (
  deps: Deps,
  input: PageInput & {
    readonly id: string;
    readonly state?: string | undefined;
    readonly reason?: string | undefined;
    readonly q?: string | undefined;
  },
) => {
  await requireCampaign(deps, input.id);
  return page(deps, input, {
    sourceId: input.id,
    ofOneSource: true,
    state: input.state,
    reason: input.reason,
    q: input.q,
    newestFirst: false,
  });
};

export interface SearchFilter {
  readonly to?: string | undefined;
  readonly contactId?: string | undefined;
  readonly state?: string | undefined;
  readonly reason?: string | undefined;
  readonly channel?: string | undefined;
  readonly source?: string | undefined;
  readonly sourceId?: string | undefined;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly q?: string | undefined;
}
export interface SearchInput extends PageInput, SearchFilter {}

const filterOf = ({ to, q, ...rest }: SearchFilter): Omit<MessageFilter, "scope"> => ({
  ...rest,
  address: to === undefined ? undefined : spelled(to),
  about: q === undefined || q === "" ? undefined : q,
});

/** An address as it is stored: an email, or a number however it is grouped. */
const spelled = (to: string): string => normaliseAddress(to.includes("@") ? "email" : "sms", to);

/** Every message, newest first. Throws CURSOR_INVALID. */
export const searchMessages = (deps: Deps, { limit, cursor, ...filter }: SearchInput) =>
  page(deps, { limit, cursor }, { ...filterOf(filter), newestFirst: true });

/** How many messages a search finds, exactly: what its CSV will hold. */
export const countFound = async (deps: Deps, filter: SearchFilter): Promise<{ count: number }> => ({
  count: await countMessages(deps.db, { ...filterOf(filter), scope: deps.scope }),
});

/** One message with its events. Throws MESSAGE_NOT_FOUND. */
export const showMessage = async (deps: Deps, { id }: { readonly id: string }) => {
  const row = await findMessageWithin(deps.db, id, deps.scope);
  if (!row) throw fail("MESSAGE_NOT_FOUND", `No message has the id ${id}.`);
  const events = await messageEvents(deps.db, id);
  const seen = await seenOf(deps, [row]);
  const campaign =
    row.source === "campaign" && seen(row.source_id) ? await findCampaign(deps.db, row.source_id) : undefined;
  return {
    ...(await messageOf(deps, row, seen)),
    sourceName: campaign?.name ?? null,
    events: events.map((event) => ({ ...event, at: event.at.toISOString() })),
  };
};
