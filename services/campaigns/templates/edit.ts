// Templates as drafts: made, changed under a version, copied, deleted. MJML is compiled when it is saved; what does not
// compile is kept all the same, so that nobody loses half a mail, and publishing says what is wrong.
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { TemplateFormat } from "../../../shared/contracts/templates.ts";
import { isDuplicate } from "../../../shared/db/knex.ts";
import { compileMjml } from "./mjml.ts";
import {
  deleteTemplate,
  draftsOf,
  findTemplate,
  insertTemplate,
  type TemplateChange,
  type TemplateContent,
  updateTemplate,
} from "./store.ts";

export interface TemplateFields {
  readonly name?: string | undefined;
  readonly format?: TemplateFormat | undefined;
  readonly subject?: string | null | undefined;
  readonly html?: string | null | undefined;
  readonly mjml?: string | null | undefined;
  readonly text?: string | null | undefined;
}

const nameTaken = (name: string) =>
  fail("NAME_TAKEN", `Another template is called "${name}". Choose another name.`, {
    errors: [{ path: "name", message: "is taken" }],
  });

const namely = async <T>(name: string, run: Promise<T>): Promise<T> => {
  try {
    return await run;
  } catch (error) {
    throw isDuplicate(error, "templates_name") ? nameTaken(name) : error;
  }
};

const wrongField = (path: string, message: string) =>
  fail("VALIDATION_FAILED", `${path}: ${message}`, { errors: [{ path, message }] });

const compiledHtml = async (mjml: string | null): Promise<string | null> =>
  mjml === null || mjml.trim() === "" ? null : (await compileMjml(mjml)).html || null;

/** Source and HTML that belong together. `before` is what was there, for a change that names only a part. */
const contentOf = async (
  fields: TemplateFields,
  before: Pick<TemplateContent, "format" | "mjml">,
): Promise<Pick<TemplateFields, "format" | "html" | "mjml">> => {
  const format = fields.format ?? before.format;
  if (format === "html") {
    if (fields.mjml != null)
      throw wrongField("mjml", 'found MJML in a template whose format is "html"; set format to "mjml" or leave it out');
    return { format, html: fields.html, mjml: before.format === "mjml" || fields.mjml === null ? null : undefined };
  }
  if (fields.html != null) throw wrongField("html", "is made from mjml in this template; leave it out");
  if (fields.mjml === undefined && before.format === "mjml") return { format };
  const mjml = fields.mjml ?? null;
  return { format, mjml, html: await compiledHtml(mjml) };
};

/** Creates a template and answers its id. Throws NAME_TAKEN, VALIDATION_FAILED. */
export const createTemplate = async (
  deps: Deps,
  input: TemplateFields & { readonly name: string; readonly channel: string; readonly format: TemplateFormat },
): Promise<string> => {
  const id = deps.id();
  const made = await contentOf(input, { format: input.format, mjml: null });
  const fields = {
    name: input.name,
    channel: input.channel,
    format: input.format,
    subject: input.subject ?? null,
    text: input.text ?? null,
    html: made.html ?? null,
    mjml: made.mjml ?? null,
  };
  await namely(input.name, insertTemplate(deps.db, id, fields));
  return id;
};

/** The refusal of a change to a draft that somebody else changed. */
export const versionConflict = (found: number, expected: number | undefined) =>
  fail(
    "VERSION_CONFLICT",
    `The template is at version ${found}, you changed version ${expected}. Load it again and repeat your change.`,
  );

const defined = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

/** Changes a template's draft. Throws TEMPLATE_NOT_FOUND, VERSION_CONFLICT, NAME_TAKEN, VALIDATION_FAILED. */
export const changeTemplate = async (
  deps: Deps,
  {
    id,
    version,
    archived,
    ...fields
  }: TemplateFields & {
    readonly id: string;
    readonly archived?: boolean | undefined;
    readonly version?: number | undefined;
  },
): Promise<void> => {
  const before = await findTemplate(deps.db, id);
  if (version !== undefined && version !== before.version) throw versionConflict(before.version, version);
  const change: TemplateChange = defined({ ...fields, ...(await contentOf(fields, before)), archived });
  // What was compiled belongs to what was read: without a version of the caller's, that of the reading counts.
  if (await namely(fields.name ?? before.name, updateTemplate(deps.db, id, change, version ?? before.version))) return;
  const after = await findTemplate(deps.db, id);
  throw versionConflict(after.version, version ?? before.version);
};

const MOST_COPIES = 50;

/** Copies a template's draft under a name that is free; answers the new id. Throws TEMPLATE_NOT_FOUND. */
export const duplicateTemplate = async (deps: Deps, { id }: { readonly id: string }): Promise<string> => {
  const { name, channel, format, subject, html, mjml, text } = await findTemplate(deps.db, id);
  const copy = deps.id();
  for (let nth = 1; ; nth++) {
    const suffix = nth === 1 ? " (copy)" : ` (copy ${nth})`;
    const copied = `${name.slice(0, 200 - suffix.length)}${suffix}`;
    try {
      await insertTemplate(deps.db, copy, { name: copied, channel, format, subject, html, mjml, text });
      return copy;
    } catch (error) {
      if (!isDuplicate(error, "templates_name")) throw error;
      if (nth >= MOST_COPIES) throw nameTaken(copied);
    }
  }
};

const MOST_NAMES = 5;

/** Deletes a template. Throws TEMPLATE_NOT_FOUND, and TEMPLATE_IN_USE with the names of drafts that refer to it. */
export const removeTemplate = async (deps: Deps, { id }: { readonly id: string }): Promise<{ ok: true }> => {
  await deps.db.transaction(async (trx) => {
    const { name } = await findTemplate(trx, id, true);
    const drafts = await draftsOf(trx, id, MOST_NAMES + 1, undefined);
    if (drafts.length > 0) {
      // Drafts that the caller does not see stand in its way as well, and are not named.
      const seen = deps.scope ? await draftsOf(trx, id, MOST_NAMES, deps.scope) : drafts.slice(0, MOST_NAMES);
      const named = seen.map((draft) => `"${draft}"`).join(", ");
      const others = drafts.length > seen.length ? (named ? " and others" : "a draft of other communities") : "";
      throw fail(
        "TEMPLATE_IN_USE",
        `"${name}" is what ${named}${others} would send. Give ${drafts.length === 1 ? "that campaign" : "those campaigns"} another content first, or archive the template: archived ones can still be sent, and are no longer offered.`,
      );
    }
    await deleteTemplate(trx, id);
  });
  return { ok: true };
};
