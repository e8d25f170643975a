// Everything that happened to one person, newest first, page by page.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import { spellingsOf } from "../../../shared/consent/erased-addresses.ts";
import type { Activity } from "../../../shared/contracts/activity.ts";
import type { Contact, contacts } from "../../../shared/contracts/contacts.ts";
import { cursorInvalid } from "../../../shared/contracts/errors.ts";
import { decodeCursor, encodeCursor } from "../../../shared/lib/cursor.ts";
import { covers, type Scope } from "../../../shared/lib/scope.ts";
import { subjectOf } from "../../../shared/messaging/subject.ts";
import { getContact } from "../contacts/get-contact.ts";
import { type ActivityRow, readActivity } from "./store.ts";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

const placeOf = (cursor: string | undefined) => {
  if (cursor === undefined) return undefined;
  const [at, id] = decodeCursor(cursor, 2) ?? [];
  if (typeof at !== "string" || typeof id !== "string" || !uuid.test(id) || !instant.test(at)) throw cursorInvalid();
  if (Number.isNaN(Date.parse(at))) throw cursorInvalid();
  return { at, id };
};

/** The email and number of a contact, those that it has. */
export const addressesOf = ({ email, phone }: Pick<Contact, "email" | "phone">): string[] =>
  [email, phone].filter((address): address is string => address !== null);

/** The campaign of a message, for whoever may look at it; others learn of the message alone. */
const sourceOf = (row: ActivityRow, scope: Scope) =>
  row.source !== "campaign" || covers(scope, row.source_communities)
    ? { sourceId: row.source_id, sourceName: row.source_name }
    : { sourceId: null, sourceName: null };

const show = async (deps: Deps, row: ActivityRow): Promise<Activity> => ({
  id: row.id,
  type: row.type,
  at: new Date(row.at).toISOString(),
  channel: row.channel,
  state: row.state as Activity["state"],
  reason: row.reason,
  source: row.source,
  ...sourceOf(row, deps.scope),
  subject: row.source === null ? null : await subjectOf(deps.db, { ...row, source: row.source }),
  address: row.address,
  what: row.what,
  messageId: row.message_id,
  url: row.url,
  basis: row.basis,
  evidence: row.evidence,
  fileName: row.file_name,
});

/** One page. Throws CONTACT_NOT_FOUND, CURSOR_INVALID. */
export const listActivity = async (
  deps: Deps,
  params: z.output<typeof contacts.actions.activity.params>,
): Promise<{ data: Activity[]; nextCursor: string | null }> => {
  const before = placeOf(params.cursor);
  const contact = await getContact(deps, params);
  const rows = await readActivity(deps.db, {
    contactId: contact.id,
    recipients: addressesOf(contact),
    addresses: addressesOf(contact).flatMap((address) => spellingsOf(address)),
    type: params.type,
    before,
    limit: params.limit + 1,
    scope: deps.scope,
  });
  const page = rows.slice(0, params.limit);
  const last = page.at(-1);
  return {
    data: await Promise.all(page.map((row) => show(deps, row))),
    nextCursor: rows.length > params.limit && last ? encodeCursor([last.at, last.id]) : null,
  };
};
