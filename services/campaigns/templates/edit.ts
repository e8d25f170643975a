// Templates: changed under a version, checked and frozen when published, shown as a person would get them.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import { config } from "../../../shared/config.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { TemplateLint } from "../../../shared/contracts/templates.ts";
import { isDuplicate } from "../../../shared/db/knex.ts";
import { fill } from "../../../shared/messaging/fill.ts";
import { compileBulk } from "../../../shared/messaging/footer.ts";
import { contactVars } from "../campaigns/store.ts";
import { compiledBulk, type EmailContent } from "../content.ts";
import { findTemplate, freezeVersion, updateTemplate } from "./store.ts";

export interface TemplateFields {
  readonly name?: string | undefined;
  readonly subject?: string | null | undefined;
  readonly html?: string | null | undefined;
  readonly text?: string | null | undefined;
}

/** Changes a template's draft. Throws TEMPLATE_NOT_FOUND, VERSION_CONFLICT, NAME_TAKEN. */
export const changeTemplate = async (
  deps: Deps,
  { id, version, ...fields }: TemplateFields & { readonly id: string; readonly version?: number | undefined },
): Promise<void> => {
  const before = await findTemplate(deps.db, id);
  try {
    if (await updateTemplate(deps.db, id, fields, version)) return;
  } catch (error) {
    if (isDuplicate(error, "templates_name"))
      throw fail("NAME_TAKEN", `Another template is called "${fields.name}". Choose another name.`, {
        errors: [{ path: "name", message: "is taken" }],
      });
    throw error;
  }
  throw fail(
    "VERSION_CONFLICT",
    `The template is at version ${before.version}, you changed version ${version}. Load it again and repeat your change.`,
  );
};

const contentOf = (template: TemplateFields): EmailContent => ({
  subject: template.subject ?? "",
  html: template.html ?? "",
  text: template.text ?? null,
});

/** Freezes the draft as a version. Throws TEMPLATE_INVALID with the place of each mistake. */
export const publishTemplate = async (deps: Deps, { id }: { readonly id: string }): Promise<void> => {
  await deps.db.transaction(async (trx) => {
    const template = await findTemplate(trx, id, true);
    const content = contentOf(template);
    const empty = [...(content.subject ? [] : ["subject"]), ...(content.html ? [] : ["html"])];
    if (empty.length > 0)
      throw fail("TEMPLATE_INVALID", `The template has no ${empty.join(" and no ")}.`, {
        errors: empty.map((path) => ({ path, message: "is empty" })),
      });
    compiledBulk(content, "");
    await freezeVersion(trx, template);
  });
};

const example: Readonly<Record<string, string>> = {
  email: "ada@example.org",
  phone: "+12025550123",
  firstName: "Ada",
  lastName: "Lovelace",
  orgName: "Analytical Engines",
  kind: "person",
  timezone: "Europe/London",
  stage: "awareness",
  externalId: "1815",
};

const MOST_WARNINGS = 50;

const lint = (content: EmailContent): z.infer<typeof TemplateLint> => {
  const compiled = compileBulk(content);
  const warnings = compiled.mistakes.map(({ path, message }) => ({ path, message }));
  if (!/\{\{\s*unsubscribeUrl/.test(content.html))
    warnings.push({
      path: "html",
      message: "has no {{unsubscribeUrl}}: a footer with the link and the postal address is added",
    });
  if (Buffer.byteLength(content.html) > 100_000)
    warnings.push({ path: "html", message: "is larger than 100 kB; some mailboxes cut such mail off" });
  // `[^<>]`: a tag that never ends must not be looked for to the end of the text, time and again.
  for (const image of content.html.matchAll(/<img\b[^<>]*>/gi))
    if (warnings.length < MOST_WARNINGS && !/\balt\s*=/i.test(image[0]))
      warnings.push({ path: "html", message: `${image[0].slice(0, 60)} has no alt text` });
  return { fields: [...compiled.fields], warnings };
};

export interface PreviewInput {
  readonly contactId?: string | undefined;
  readonly vars?: Readonly<Record<string, string>> | undefined;
}

/** Content as one person would get it; links lead where they lead, nothing is tracked. */
export const previewContent = async (deps: Deps, content: EmailContent, input: PreviewInput) => {
  const person = input.contactId && (await contactVars(deps.db, [input.contactId])).get(input.contactId);
  if (input.contactId !== undefined && !person)
    throw fail("CONTACT_NOT_FOUND", `No contact has the id ${input.contactId}.`);
  const compiled = compileBulk(content);
  const values: Record<string, string> = {
    ...(person ??
      Object.fromEntries(compiled.fields.map((field) => [field, example[field] ?? field.replace("attrs.", "")]))),
    ...input.vars,
    unsubscribeUrl: `${config.publicUrl}/u/preview`,
    postalAddress: "Your postal address",
    pixelUrl: "data:,",
  };
  const linkTo = (index: number) => compiled.links[index] ?? "";
  return {
    subject: fill(compiled.subject, values, linkTo),
    html: fill(compiled.html, values, linkTo),
    text: fill(compiled.text, values, linkTo),
    lint: lint(content),
  };
};

/** Preview of a template's draft. */
export const previewTemplate = async (deps: Deps, { id, ...input }: PreviewInput & { readonly id: string }) =>
  previewContent(deps, contentOf(await findTemplate(deps.db, id)), input);
