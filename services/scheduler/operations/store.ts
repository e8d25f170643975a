// Whom a search for jobs means, read from what other groups publish about people and their messages.
import { query, type Sql } from "../../../shared/db/knex.ts";
import { personSearch } from "../../../shared/lib/person-search.ts";

/** Contacts that the words, email, number or id find, at most `limit`. */
export const contactsFound = async (sql: Sql, words: string, limit: number): Promise<string[]> => {
  const { tsquery, email, phone, id } = personSearch(words);
  const rows = await query<{ id: string }>(
    sql,
    `select id from contacts.v_contact_search where ?::text <> '' and search @@ to_tsquery('simple', ?)
     union select id from contacts.v_contact_search where email = ? or phone = ? or id = ?::uuid limit ?`,
    [tsquery, tsquery, email, phone, id, limit],
  );
  return rows.map((row) => row.id);
};

/** The email or number that the words are, as messages are kept under it; null when they are neither. */
export const addressIn = (words: string): string | null => {
  const { email, phone } = personSearch(words);
  return email ?? phone;
};

/** The newest messages to these contacts, and to the address whoever had it then, at most `limit`. */
export const messagesTo = async (
  sql: Sql,
  contactIds: readonly string[],
  address: string | null,
  limit: number,
): Promise<string[]> => {
  const rows = await query<{ id: string }>(
    sql,
    `select id from messaging.v_person_messages where contact_id = any(?::uuid[])
     union select id from messaging.v_person_messages where recipient = ? order by id desc limit ?`,
    [[...contactIds], address, limit],
  );
  return rows.map((row) => row.id);
};
