// Who a bulk message is for, and what would keep each of them from getting it: one SQL text for preflight and ledger.
// Every member of the audience comes out of it, also those who will not be sent to, each with the first reason that holds.

import { joinSuppressions } from "../consent/erased-addresses.ts";
import { fail } from "../contracts/errors.ts";
import { query, type Sql } from "../db/knex.ts";
import { ownedSql } from "../db/scope-sql.ts";
import { reservedPattern } from "../lib/reserved-address.ts";
import type { Scope } from "../lib/scope.ts";
import { compileRule, RuleError } from "../lib/segment-rule.ts";
import { contactColumns } from "./merge-fields.ts";

export type BulkChannel = "email" | "sms" | "call";

export interface AudienceSpec {
  readonly all?: true | undefined;
  readonly segmentId?: string | undefined;
  readonly tag?: string | undefined;
}

export interface Fragment {
  readonly sql: string;
  readonly bindings: readonly unknown[];
}

/**
 * The condition over `contacts.v_contacts c` that an audience stands for, among the people of these communities (null:
 * of all). Throws SEGMENT_NOT_FOUND, also for a segment of other communities, or SEGMENT_RULE_INVALID.
 */
export const audienceCondition = async (
  db: Sql,
  audience: AudienceSpec,
  now: Date,
  within: readonly string[] | null,
): Promise<Fragment> => {
  const asked = await askedFor(db, audience, now, within);
  if (within === null) return asked;
  return {
    sql: `c.community_id = any(?::uuid[]) and (${asked.sql})`,
    bindings: [[...within], ...asked.bindings],
  };
};

const askedFor = async (
  db: Sql,
  audience: AudienceSpec,
  now: Date,
  within: readonly string[] | null,
): Promise<Fragment> => {
  if (audience.tag !== undefined)
    return {
      sql: "exists (select 1 from contacts.v_contact_tags ct where ct.contact_id = c.id and ct.tag = lower(?))",
      bindings: [audience.tag],
    };
  if (audience.segmentId === undefined) return { sql: "true", bindings: [] };
  const [segment] = await query<{ rule: unknown; name: string }>(
    db,
    `select name, rule from contacts.v_segments where id = ?${within ? " and (communities is null or communities <@ ?::uuid[])" : ""}`,
    [audience.segmentId, ...(within ? [[...within]] : [])],
  );
  if (!segment)
    throw fail(
      "SEGMENT_NOT_FOUND",
      `The audience names segment ${audience.segmentId}, which does not exist. Choose another audience.`,
      { errors: [{ path: "audience.segmentId", message: "found an id that no segment has" }] },
    );
  try {
    return compileRule(segment.rule, { now });
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    throw fail("SEGMENT_RULE_INVALID", `Segment "${segment.name}" cannot be used: ${error.message}`, {
      errors: [{ path: error.path, message: error.message }],
    });
  }
};

/** SQL expression of a merge field's value for contact `c`, as text. */
const fieldValue = (field: string): Fragment => {
  if (field.startsWith("attrs.")) return { sql: "(c.attrs ->> ?)", bindings: [field.slice("attrs.".length)] };
  const column = contactColumns[field as keyof typeof contactColumns];
  return column ? { sql: `c.${column}`, bindings: [] } : { sql: "null::text", bindings: [] };
};

const addressColumn = (channel: BulkChannel) => (channel === "email" ? "c.email" : "c.phone");

/** True for contact `c` when a required merge field is empty. */
export const missingField = (field: string): Fragment => {
  const value = fieldValue(field);
  return { sql: `coalesce(${value.sql}, '') = ''`, bindings: value.bindings };
};

export interface JudgeOptions {
  readonly channel: BulkChannel;
  readonly condition: Fragment;
  /** Merge fields in use, and those of them without a default. */
  readonly fields: readonly string[];
  readonly required: readonly string[];
  /** Contacts made after this moment are not part of the audience. */
  readonly asOf: Date;
  /** Mail leaves this machine: addresses that cannot be anybody's are left out. */
  readonly live?: boolean;
}

/**
 * `select contact_id, address, reason, vars, timezone` over the audience; reason is null for those who can be sent to.
 * The order of reasons: no_address, reserved_address, bounced_before, suppressed, no_consent, missing_field.
 */
export const judgedAudience = (options: JudgeOptions, keyset?: { after: string | null; limit: number }): Fragment => {
  const address = addressColumn(options.channel);
  const missing = options.required.map(missingField);
  const suppressed = joinSuppressions(`'${options.channel}'`, address);
  const values = options.fields.map((field) => ({ field, value: fieldValue(field) }));
  const vars =
    values.length === 0
      ? { sql: "null::jsonb", bindings: [] }
      : {
          sql: `jsonb_strip_nulls(jsonb_build_object(${values.map(({ value }) => `?::text, ${value.sql}`).join(", ")}))`,
          bindings: values.flatMap(({ field, value }) => [field, ...value.bindings]),
        };
  const missingSql = missing.length > 0 ? `when ${missing.map((m) => m.sql).join(" or ")} then 'missing_field'` : "";
  return {
    sql: `
      select c.id as contact_id, ${address} as address, c.timezone, ${vars.sql} as vars,
        case
          when ${address} is null then 'no_address'
           ${options.live && options.channel === "email" ? `when c.email ~ '${reservedPattern}' then 'reserved_address'` : ""}
           when ${suppressed.reason} in ('hard_bounce', 'soft_bounces') then 'bounced_before'
           when ${suppressed.reason} is not null then 'suppressed'
          when k.${options.channel} is distinct from 'granted' then 'no_consent'
          ${missingSql}
        end as reason
      from contacts.v_contacts c
      left join consent.current k on k.contact_id = c.id
      ${suppressed.joins.sql}
      where c.created_at <= ? and (${options.condition.sql})
      ${keyset ? `${keyset.after ? "and c.id > ?" : ""} order by c.id limit ?` : ""}`,
    bindings: [
      ...vars.bindings,
      ...missing.flatMap((m) => m.bindings),
      ...suppressed.joins.bindings,
      options.asOf,
      ...options.condition.bindings,
      ...(keyset ? [...(keyset.after ? [keyset.after] : []), keyset.limit] : []),
    ],
  };
};

export interface AudienceCount {
  readonly recipients: number;
  readonly excluded: Readonly<Record<string, number>>;
  readonly missingFields: readonly { field: string; contacts: number }[];
}

/** Counts an audience by outcome: who can be sent to, the rest by reason, and how many lack each required field. */
export const countAudience = async (db: Sql, options: JudgeOptions): Promise<AudienceCount> => {
  const judged = judgedAudience(options);
  const rows = await query<{ reason: string | null; n: string }>(
    db,
    `select reason, count(*) as n from (${judged.sql}) j group by reason`,
    judged.bindings,
  );
  const missingFields: { field: string; contacts: number }[] = [];
  if (options.required.length > 0) {
    const counts = options.required.map(missingField);
    const [found] = await query<Record<string, string>>(
      db,
      `select ${counts.map((m, i) => `count(*) filter (where ${m.sql}) as f${i}`).join(", ")} from contacts.v_contacts c where c.created_at <= ? and (${options.condition.sql})`,
      [...counts.flatMap((m) => m.bindings), options.asOf, ...options.condition.bindings],
    );
    options.required.forEach((field, i) => {
      const contacts = Number(found?.[`f${i}`] ?? 0);
      if (contacts > 0) missingFields.push({ field, contacts });
    });
  }
  return {
    recipients: Number(rows.find((row) => row.reason === null)?.n ?? 0),
    excluded: Object.fromEntries(rows.filter((row) => row.reason !== null).map((row) => [row.reason, Number(row.n)])),
    missingFields,
  };
};

export interface ConsentOffer {
  readonly importId: string;
  readonly fileName: string;
  readonly importedAt: Date;
  readonly contacts: number;
}

/**
 * Imports within the scope that brought people of the audience who are left out for want of consent and of whom nothing was ever said on
 * the channel, the largest first: for them a person may still record consent. Whoever said no is not among them.
 */
export const consentOffers = async (
  db: Sql,
  options: JudgeOptions,
  scope: Scope,
  most = 5,
): Promise<readonly ConsentOffer[]> => {
  const own = ownedSql(scope, "v.communities");
  const judged = judgedAudience(options);
  const rows = await query<{ import_id: string; file_name: string; imported_at: Date; n: string }>(
    db,
    `select v.import_id, v.file_name, v.imported_at, count(*) as n from (${judged.sql}) j
     join contacts.v_import_contacts v on v.contact_id = j.contact_id
     left join consent.current held on held.contact_id = j.contact_id
     where j.reason = 'no_consent' and held.${options.channel} is null${own.sql}
     group by v.import_id, v.file_name, v.imported_at order by n desc, v.import_id limit ?`,
    [...judged.bindings, ...own.values, most],
  );
  return rows.map((row) => ({
    importId: row.import_id,
    fileName: row.file_name,
    importedAt: row.imported_at,
    contacts: Number(row.n),
  }));
};
