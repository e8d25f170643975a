// SQL of one person's stream: every group's view asked for its newest entries, merged by time. Each part reads by the
// person's own keys, so the cost goes with what happened to the person and not with what is stored.
import type { Sql } from "../../../shared/db/knex.ts";
import { ownedSql } from "../../../shared/db/scope-sql.ts";
import { type Bindable, bind } from "../../../shared/lib/bind.ts";
import type { Scope } from "../../../shared/lib/scope.ts";

export interface ActivityRow {
  readonly type: "message" | "event" | "consent" | "suppression" | "import" | "created";
  readonly id: string;
  /** With microseconds, as text: a Date would cut them off, and with them the order. */
  readonly at: string;
  readonly channel: "email" | "sms" | "call" | null;
  readonly state: string | null;
  readonly reason: string | null;
  readonly source: string | null;
  readonly source_id: string | null;
  readonly source_name: string | null;
  readonly source_communities: string[] | null;
  readonly address: string | null;
  readonly what: string | null;
  readonly message_id: string | null;
  readonly url: string | null;
  readonly basis: string | null;
  readonly evidence: string | null;
  readonly file_name: string | null;
  readonly content_id: string | null;
  readonly vars: Record<string, string> | null;
}

export interface ActivityPage {
  readonly contactId: string;
  /** The contact's addresses. */
  readonly recipients: readonly string[];
  /** Spellings of the person's addresses under which they may be suppressed. */
  readonly addresses: readonly string[];
  readonly type?: ActivityRow["type"] | undefined;
  readonly before?: { readonly at: string; readonly id: string } | undefined;
  readonly limit: number;
  /** What the person was part of is shown by name only when it is within the scope. */
  readonly scope: Scope;
}

const columns = [
  "channel",
  "state",
  "reason",
  "source",
  "source_id",
  "source_name",
  "source_communities",
  "address",
  "what",
  "message_id",
  "url",
  "basis",
  "evidence",
  "file_name",
  "content_id",
  "vars",
] as const;
type Column = (typeof columns)[number];

interface Part {
  readonly type: ActivityRow["type"];
  readonly id: string;
  readonly at: string;
  readonly has: Partial<Record<Column, string>>;
  /** `from … where …`; its placeholders come before those of the page. */
  readonly from: string;
}

const typeOf: Partial<Record<Column, string>> = {
  source_id: "uuid",
  source_communities: "text[]",
  message_id: "uuid",
  content_id: "uuid",
  vars: "jsonb",
};

/** To the contact, or to one of its addresses when nobody said whose it is. */
const theirs = "(contact_id = ?::uuid or (contact_id is null and recipient = any(?::text[])))";

const parts = (page: ActivityPage): readonly (Part & { readonly bindings: readonly Bindable[] })[] => {
  const own = ownedSql(page.scope, "i.communities");
  return [
    {
      type: "message",
      id: "m.id",
      at: "m.at",
      has: {
        channel: "m.channel",
        state: "m.state",
        reason: "m.reason",
        source: "m.source",
        source_id: "case when m.source in ('transactional', 'alert') then null else m.source_id end",
        source_name: "(select c.name from campaigns.v_campaigns c where m.source = 'campaign' and c.id = m.source_id)",
        source_communities:
          "(select c.communities::text[] from campaigns.v_campaigns c where m.source = 'campaign' and c.id = m.source_id)",
        address: "m.address",
        content_id: "m.content_id",
        vars: "m.vars",
      },
      from: `messaging.v_person_messages m where ${theirs}`,
      bindings: [page.contactId, page.recipients],
    },
    {
      type: "event",
      id: "e.id",
      at: "e.at",
      has: { what: "e.type", message_id: "e.message_id", url: "e.url" },
      from: `messaging.v_person_events e where ${theirs}`,
      bindings: [page.contactId, page.recipients],
    },
    {
      type: "consent",
      id: "c.id",
      at: "c.at",
      has: { channel: "c.channel", what: "c.state", basis: "c.basis", evidence: "c.source" },
      from: "consent.v_consents c where c.contact_id = ?::uuid",
      bindings: [page.contactId],
    },
    {
      type: "suppression",
      id: "s.id",
      at: "s.at",
      has: {
        channel: "s.channel",
        reason: "s.reason",
        address: "case when s.address like 'erased:%' then null else s.address end",
        message_id: "s.message_id",
      },
      from: "consent.v_suppressions s where s.channel in ('email', 'sms', 'call') and s.address = any(?::text[])",
      bindings: [page.addresses],
    },
    {
      type: "import",
      id: "i.id",
      at: "c.created_at",
      has: { file_name: "i.file_name" },
      from: `contacts.contacts c join contacts.imports i on i.id = c.import_id where c.id = ?::uuid${own.sql}`,
      bindings: [page.contactId, ...own.values],
    },
    {
      // What it changed on somebody who was there before it, known for as long as the import can be undone.
      type: "import",
      id: "i.id",
      at: "coalesce(i.started_at, i.created_at)",
      has: { file_name: "i.file_name", what: "'changed'" },
      from: `contacts.import_changes b join contacts.imports i on i.id = b.import_id
      where (b.after <> '{}' or b.attrs_after <> '{}') and b.contact_id = ?::uuid${own.sql}`,
      bindings: [page.contactId, ...own.values],
    },
    {
      type: "created",
      id: "c.id",
      at: "c.created_at",
      has: { source: "c.source" },
      // Whoever came with an import that the caller does not see was simply made.
      from: `contacts.contacts c where c.id = ?::uuid and ${
        page.scope
          ? `not exists (select 1 from contacts.imports i where i.id = c.import_id${own.sql})`
          : "c.import_id is null"
      }`,
      bindings: [page.contactId, ...own.values],
    },
  ];
};

/** At most `limit` entries older than `before`, newest first. */
export const readActivity = async (sql: Sql, page: ActivityPage): Promise<readonly ActivityRow[]> => {
  const asked = parts(page).filter(({ type }) => page.type === undefined || page.type === type);
  const before = page.before;
  const selects = asked.map(({ type, id, at, has, from }) => {
    const values = columns.map((column) => `${has[column] ?? `null::${typeOf[column] ?? "text"}`} as ${column}`);
    return `(select '${type}' as type, ${id} as id, ${at} as at, ${values.join(", ")} from ${from}
      ${before ? `and (${at}, ${id}) < (?::timestamptz, ?::uuid)` : ""} order by ${at} desc, ${id} desc limit ?)`;
  });
  const bindings = asked.flatMap((part) => [...part.bindings, ...(before ? [before.at, before.id] : []), page.limit]);
  const { rows } = await sql.raw<{ rows: ActivityRow[] }>(
    `select type, id, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, ${columns.join(", ")}
     from (${selects.join(" union all ")}) stream order by stream.at desc, id desc limit ?`,
    bind(...bindings, page.limit),
  );
  return rows;
};

/** Those of the campaigns that are within the scope. */
export const campaignsWithin = async (sql: Sql, ids: readonly string[], scope: Scope): Promise<ReadonlySet<string>> => {
  const own = ownedSql(scope, "communities");
  const { rows } = await sql.raw<{ rows: { id: string }[] }>(
    `select id from campaigns.v_campaigns where id = any(?::uuid[])${own.sql}`,
    bind(ids, ...own.values),
  );
  return new Set(rows.map(({ id }) => id));
};
