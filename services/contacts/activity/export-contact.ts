// Everything that is held about one person, in one document that can be handed to them.
import type { Caller } from "../../../shared/broker/context.ts";
import type { Deps } from "../../../shared/broker/deps.ts";
import { type LedgerEntry, readLedger } from "../../../shared/consent/consents.ts";
import { suppressionsOf } from "../../../shared/consent/suppressions.ts";
import type { Activity } from "../../../shared/contracts/activity.ts";
import { isConfidential } from "../../../shared/messaging/confidential.ts";
import { type MessageRow, messagesEvents } from "../../../shared/messaging/message-rows.ts";
import { listMessages } from "../../../shared/messaging/message-search.ts";
import { subjectOf } from "../../../shared/messaging/subject.ts";
import { getContact } from "../contacts/get-contact.ts";
import { demandManager } from "../erasure/request-erasure.ts";
import { addressesOf, listActivity } from "./list-activity.ts";
import { campaignsWithin } from "./store.ts";

const pageSize = 1_000;

/** All pages of a list that goes on after the last row's id. */
const all = async <T extends { readonly id: string }>(read: (after: string | undefined) => Promise<readonly T[]>) => {
  const found: T[] = [];
  for (let after: string | undefined; ; after = found.at(-1)?.id) {
    const rows = await read(after);
    found.push(...rows);
    if (rows.length < pageSize) return found;
  }
};

const messagesOf = async (
  deps: Deps,
  person: { readonly contactId: string; readonly addresses: readonly string[] },
) => {
  const rows = await all<MessageRow>((after) =>
    listMessages(deps.db, { scope: undefined, person, after, limit: pageSize, newestFirst: true }),
  );
  const events = await messagesEvents(
    deps.db,
    rows.map(({ id }) => id),
  );
  const campaigns = rows.flatMap(({ source, source_id }) => (source === "campaign" ? [source_id] : []));
  const seen = deps.scope && (await campaignsWithin(deps.db, [...new Set(campaigns)], deps.scope));
  return Promise.all(
    rows.map(async (row) => ({
      id: row.id,
      channel: row.channel,
      source: row.source,
      sourceId: seen && row.source === "campaign" && !seen.has(row.source_id) ? null : row.source_id,
      address: row.address,
      subject: await subjectOf(deps.db, row),
      // Their link is a key to an account, and whoever asks for this document may be somebody else.
      values: isConfidential(row.vars) ? null : row.vars,
      state: row.state,
      reason: row.reason,
      serverAnswer: row.detail,
      createdAt: row.created_at.toISOString(),
      acceptedAt: row.accepted_at?.toISOString() ?? null,
      events: (events.get(row.id) ?? []).map(({ type, at, url, user_agent }) => ({
        type,
        at: at.toISOString(),
        url,
        browser: user_agent,
      })),
    })),
  );
};

const importsOf = async (deps: Deps, id: string) => {
  const { data } = await listActivity(deps, { id, limit: pageSize, type: "import" });
  return data.map(({ id: importId, at, fileName }: Activity) => ({ id: importId, at, fileName }));
};

/** The document. Throws CONTACT_NOT_FOUND, and ABILITY_MISSING unless an owner or manager asks. */
export const exportContact = async (
  deps: Deps,
  { id }: { readonly id: string },
  caller: Caller | undefined,
): Promise<Record<string, unknown>> => {
  demandManager(caller, "may export what is held about a person");
  const contact = await getContact(deps, { id });
  const addresses = addressesOf(contact);
  return {
    exportedAt: deps.clock.now().toISOString(),
    contact,
    consents: await all<LedgerEntry>((before) => readLedger(deps.db, id, { limit: pageSize, before })),
    suppressions: await suppressionsOf(deps.db, addresses),
    imports: await importsOf(deps, id),
    messages: await messagesOf(deps, { contactId: id, addresses }),
  };
};
