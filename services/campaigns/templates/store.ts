// SQL of templates beyond plain CRUD: versions that are frozen, and the one that is published.
import { fail } from "../../../shared/contracts/errors.ts";
import { query, type Sql, type Trx } from "../../../shared/db/knex.ts";

export interface TemplateRow {
  readonly id: string;
  readonly name: string;
  readonly subject: string | null;
  readonly html: string | null;
  readonly text: string | null;
  readonly version: number;
  readonly published_version: number | null;
}

/** The template. Throws TEMPLATE_NOT_FOUND; `path` is the field of the request that named it. */
export const findTemplate = async (sql: Sql, id: string, lock = false, path = "id"): Promise<TemplateRow> => {
  const [row] = await query<TemplateRow>(
    sql,
    `select id, name, subject, html, text, version, published_version from campaigns.templates where id = ?${lock ? " for update" : ""}`,
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

/** Freezes the draft as a version of its own and makes it the published one. */
export const freezeVersion = async (trx: Trx, template: TemplateRow): Promise<void> => {
  await query(
    trx,
    "insert into campaigns.template_versions (template_id, version, subject, html, text) values (?, ?, ?, ?, ?) on conflict (template_id, version) do nothing",
    [template.id, template.version, template.subject, template.html, template.text],
  );
  await query(trx, "update campaigns.templates set published_version = ?, updated_at = now() where id = ?", [
    template.version,
    template.id,
  ]);
};

/** Changes a draft and raises its version; false when the version is no longer the expected one. */
export const updateTemplate = async (
  sql: Sql,
  id: string,
  fields: Readonly<Record<string, unknown>>,
  version: number | undefined,
): Promise<boolean> => {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  const sets = given.map(([column]) => `${column} = ?`);
  const rows = await query(
    sql,
    `update campaigns.templates set ${[...sets, "version = version + 1", "updated_at = now()"].join(", ")} where id = ? and (?::int is null or version = ?) returning id`,
    [...given.map(([, value]) => value), id, version ?? null, version ?? null],
  );
  return rows.length > 0;
};
