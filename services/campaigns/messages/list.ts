// Pages of the ledger, for one campaign or over everything. Subjects are filled in here: rows keep values, not bodies.
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { Message } from "../../../shared/contracts/messages.ts";
import { idOfCursor, pageById } from "../../../shared/db/id-page.ts";
import { contentCache } from "../../../shared/messaging/contents.ts";
import { fill } from "../../../shared/messaging/fill.ts";
import {
  findMessage,
  listMessages,
  type MessageFilter,
  type MessageRow,
  messageEvents,
} from "../../../shared/messaging/message-rows.ts";
import { requireCampaign } from "../campaigns/drafts.ts";

const caches = new WeakMap<Deps, ReturnType<typeof contentCache>>();
const contentsOf = (deps: Deps) => {
  let cache = caches.get(deps);
  if (!cache) {
    cache = contentCache(deps.db);
    caches.set(deps, cache);
  }
  return cache;
};

const noLink = () => "";

/** A row as the API shows it. */
export const messageOf = async (deps: Deps, row: MessageRow): Promise<Message> => {
  const content = row.content_id ? await contentsOf(deps).get(row.content_id, row.source === "campaign") : undefined;
  return {
    id: row.id,
    source: row.source,
    sourceId: row.source === "campaign" ? row.source_id : null,
    contactId: row.contact_id,
    channel: row.channel,
    address: row.address,
    subject: content ? fill(content.subject, row.vars ?? {}, noLink) : null,
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

const page = async (deps: Deps, input: PageInput, filter: Omit<MessageFilter, "after" | "limit">) => {
  const after = idOfCursor(input.cursor);
  const rows = await listMessages(deps.db, { ...filter, after, limit: input.limit + 1 });
  const { data, nextCursor } = pageById(rows, input.limit);
  return { data: await Promise.all(data.map((row) => messageOf(deps, row))), nextCursor };
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
    state: input.state,
    reason: input.reason,
    q: input.q,
    newestFirst: false,
  });
};

export interface SearchInput extends PageInput {
  readonly to?: string | undefined;
  readonly contactId?: string | undefined;
  readonly state?: string | undefined;
  readonly reason?: string | undefined;
  readonly channel?: string | undefined;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
}

/** Every message, newest first. */
export const searchMessages = (deps: Deps, { to, limit, cursor, ...rest }: SearchInput) =>
  page(deps, { limit, cursor }, { ...rest, address: to?.trim().toLowerCase(), newestFirst: true });

/** One message with its events. Throws MESSAGE_NOT_FOUND. */
export const showMessage = async (deps: Deps, { id }: { readonly id: string }) => {
  const row = await findMessage(deps.db, id);
  if (!row) throw fail("MESSAGE_NOT_FOUND", `No message has the id ${id}.`);
  const events = await messageEvents(deps.db, id);
  return { ...(await messageOf(deps, row)), events: events.map((event) => ({ ...event, at: event.at.toISOString() })) };
};
