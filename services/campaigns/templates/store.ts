// SQL of templates: drafts, versions that are frozen, the one that is published, and who uses them.

import { fail } from "../../../shared/contracts/errors.ts";
import type { TemplateFormat } from "../../../shared/contracts/templates.ts";
import { query, type Sql, type Trx } from "../../../shared/db/knex.ts";
import { ownedSql } from "../../../shared/db/scope-sql.ts";
import type { Scope } from "../../../shared/lib/scope.ts";

/** What a template says, as a draft or as a version. `html` of an MJML template is what it was compiled to. */
export interface TemplateContent {
  readonly format: TemplateFormat;
  readonly subject: string | null;
  readonly html: string | null;
  readonly mjml: string | null;
  readonly text: string | null;
}

export interface TemplateRow extends TemplateContent {
  readonly id: string;
  readonly name: string;
  readonly channel: "email" | "sms" | "call";
  readonly version: number;
  readonly published_version: number | null;
}

export interface VersionRow extends TemplateContent {
  readonly number: number;
  readonly published_at: Date;
  readonly current: boolean;
}

const content = "format, subject, html, mjml, text";

/** The template's draft. Throws TEMPLATE_NOT_FOUND; `path` is the field of the request that named it. */
export const findTemplate = async (sql: Sql, id: string, lock = false, path = "id"): Promise<TemplateRow> => {
  const [row] = await query<TemplateRow>(
    sql,
    `select id, name, channel, ${content}, version, published_version from campaigns.templates where id = ?${lock ? " for update" : ""}`,
    [id],
  );
  if (!row)
    throw fail("TEMPLATE_NOT_FOUND", `No template has the id ${id}. It may have been deleted.`, {
      errors: [{ path, message: "found an id that no template has" }],
    });
  return row;
};

/** Subject, html and text of the published version; `path` is the field that names the template. Throws TEMPLATE_NOT_FOUND or TEMPLATE_NOT_PUBLISHED. */
export const publishedTemplate = async (
  sql: Sql,
  id: string,
  path: string,
): Promise<{ subject: string; html: string; text: string | null }> => {
  const template = await findTemplate(sql, id, false, path);
  if (template.published_version === null)
    throw fail("TEMPLATE_NOT_PUBLISHED", `Template "${template.name}" has no published version. Publish it first.`, {
      errors: [{ path, message: "names a template without a published version" }],
    });
  const [version] = await query<{ subject: string | null; html: string | null; text: string | null }>(
    sql,
    "select subject, html, text from campaigns.template_versions where template_id = ? and version = ?",
    [id, template.published_version],
  );
  return { subject: version?.subject ?? "", html: version?.html ?? "", text: version?.text ?? null };
};

export const insertTemplate = async (
  sql: Sql,
  id: string,
  fields: TemplateContent & { readonly name: string; readonly channel: string },
): Promise<void> => {
  await query(sql, `insert into campaigns.templates (id, name, channel, ${content}) values (?, ?, ?, ?, ?, ?, ?, ?)`, [
    id,
    fields.name,
    fields.channel,
    fields.format,
    fields.subject,
    fields.html,
    fields.mjml,
    fields.text,
  ]);
};

/** Freezes the draft as a version of its own and makes it the published one. */
export const freezeVersion = async (trx: Trx, template: TemplateRow): Promise<void> => {
  await query(
    trx,
    `insert into campaigns.template_versions (template_id, version, ${content}) values (?, ?, ?, ?, ?, ?, ?)
     on conflict (template_id, version) do nothing`,
    [template.id, template.version, template.format, template.subject, template.html, template.mjml, template.text],
  );
  await query(trx, "update campaigns.templates set published_version = ?, updated_at = now() where id = ?", [
    template.version,
    template.id,
  ]);
};

/** True when the published version says exactly what the draft says. */
export const isPublishedAsIs = async (sql: Sql, id: string): Promise<boolean> => {
  const [row] = await query<{ same: boolean }>(
    sql,
    "select published and not changed as same from campaigns.v_templates where id = ?",
    [id],
  );
  return row?.same === true;
};

const written = {
  name: "name",
  format: "format",
  subject: "subject",
  html: "html",
  mjml: "mjml",
  text: "text",
} as const;
export type TemplateChange = Partial<Readonly<Record<keyof typeof written, string | null>>> & {
  readonly archived?: boolean;
};

/** Changes a draft and raises its version; false when the version is no longer the expected one. */
export const updateTemplate = async (
  sql: Sql,
  id: string,
  change: TemplateChange,
  version: number | undefined,
): Promise<boolean> => {
  const sets = ["version = version + 1", "updated_at = now()"];
  const values: unknown[] = [];
  for (const field of Object.keys(written) as (keyof typeof written)[]) {
    if (change[field] === undefined) continue;
    sets.push(`${written[field]} = ?`);
    values.push(change[field]);
  }
  if (change.archived !== undefined)
    sets.push(`archived_at = ${change.archived ? "coalesce(archived_at, now())" : "null"}`);
  const rows = await query(
    sql,
    `update campaigns.templates set ${sets.join(", ")} where id = ? and (?::int is null or version = ?) returning id`,
    [...values, id, version ?? null, version ?? null],
  );
  return rows.length > 0;
};

export const deleteTemplate = async (trx: Trx, id: string): Promise<void> => {
  await query(trx, "delete from campaigns.templates where id = ?", [id]);
};

/** Names of drafts within the scope that would lose their content with the template; at most `limit`. */
export const draftsOf = async (sql: Sql, id: string, limit: number, scope: Scope): Promise<string[]> => {
  const own = ownedSql(scope, "communities");
  const rows = await query<{ name: string }>(
    sql,
    `select name from campaigns.campaigns where content ->> 'templateId' = ? and status = 'draft'${own.sql} order by id limit ?`,
    [id, ...own.values, limit],
  );
  return rows.map((row) => row.name);
};

/** Published versions, newest first, from below the number `before`. */
export const listVersions = (sql: Sql, id: string, before: number | undefined, limit: number): Promise<VersionRow[]> =>
  query<VersionRow>(
    sql,
    `select v.number, v.format, v.subject, null as html, null as mjml, null as text, v.published_at, v.version = t.published_version as current
     from campaigns.v_template_versions v join campaigns.templates t on t.id = v.template_id
     where v.template_id = ? and (?::int is null or v.number < ?) order by v.number desc limit ?`,
    [id, before ?? null, before ?? null, limit],
  );

/** One published version. Throws TEMPLATE_NOT_FOUND, TEMPLATE_VERSION_NOT_FOUND. */
export const findVersion = async (sql: Sql, id: string, number: number, path = "number"): Promise<VersionRow> => {
  const [row] = await query<VersionRow>(
    sql,
    `select v.number, v.format, v.subject, v.html, v.mjml, v.text, v.published_at, v.version = t.published_version as current
     from campaigns.v_template_versions v join campaigns.templates t on t.id = v.template_id
     where v.template_id = ? and v.number = ?`,
    [id, number],
  );
  if (row) return row;
  const { name } = await findTemplate(sql, id);
  throw fail("TEMPLATE_VERSION_NOT_FOUND", `Template "${name}" has no version ${number}.`, {
    errors: [{ path, message: "names a version that was never published" }],
  });
};
