// Test mails that show one person's values to somebody else: they say whom they are about, so that erasing finds them.
import { query, type Sql } from "../db/knex.ts";
import { singleDispatch } from "./dispatches.ts";

const mark = "lc:about";

type Values = Readonly<Record<string, string | undefined>>;

/** Values of a message that goes to somebody else than the contact whose values they are. */
export const aboutContact = (vars: Values, contactId: string | undefined): Values =>
  contactId === undefined ? vars : { ...vars, [mark]: contactId.toLowerCase() };

/** Condition on messages `m` that are about one of the contacts. Binds their ids. */
export const isAbout = `m.source_id = '${singleDispatch.transactional}' and m.vars ->> '${mark}' = any(?::text[])`;

/** Messages about the contacts, with where they went. */
export const messagesAbout = (
  sql: Sql,
  contactIds: readonly string[],
): Promise<{ messageId: string; address: string }[]> =>
  query(
    sql,
    `select m.id as "messageId", m.address from messaging.messages m where ${isAbout} and m.address is not null`,
    [[...contactIds]],
  );
