// SQL of what the gateway keeps of an erased person: kept answers, and words in the audit log.
import type { Sql } from "../../shared/db/knex.ts";
import { redacted } from "../../shared/lib/person-words.ts";

export interface PersonWords {
  readonly contactIds: readonly string[];
  /** Match what names the person (see shared/lib/person-words.ts), in text and inside JSON. */
  readonly words: string | undefined;
  readonly jsonWords: string | undefined;
}

/** Takes a person out of kept answers and the audit log. An answer about the contact itself keeps its id alone. */
export const forgetPerson = async (sql: Sql, { contactIds, words, jsonWords }: PersonWords): Promise<void> => {
  await sql.raw(
    `update accounts.idempotency_keys k set answer = json_build_object('id', c.id, 'erased', true)::text
     from unnest(?::text[]) c (id) where position(c.id in k.answer) > 0`,
    [[...contactIds]],
  );
  if (words === undefined || jsonWords === undefined) return;
  await sql.raw(
    `update accounts.idempotency_keys set answer = regexp_replace(answer, :jsonWords, '${redacted}', 'gi'),
       key = case when key ~* :words then 'erased:' || md5(key || attempt) else key end
     where answer ~* :jsonWords or key ~* :words`,
    { words, jsonWords },
  );
  await sql.raw(
    `update accounts.audit_log set detail = regexp_replace(detail::text, :jsonWords, '${redacted}', 'gi')::jsonb
     where detail::text ~* :jsonWords`,
    { jsonWords },
  );
};

/** True when the audit log says already that this contact was erased. */
export const erasureNoted = async (sql: Sql, contactId: string): Promise<boolean> => {
  const { rows } = await sql.raw<{ rows: unknown[] }>(
    "select 1 from accounts.audit_log where event = 'contact.erased' and object_id = ? limit 1",
    [contactId],
  );
  return rows.length > 0;
};
