// A mail as one person would get it, and what is wrong or unwise in it. Nothing is sent or tracked by looking.
import type { Deps } from "../../../shared/broker/deps.ts";
import { config } from "../../../shared/config.ts";
import type { Campaign } from "../../../shared/contracts/campaigns.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { Finding, Preview } from "../../../shared/contracts/templates.ts";
import { compileContent } from "../../../shared/messaging/compile.ts";
import { fill } from "../../../shared/messaging/fill.ts";
import { compileBulk } from "../../../shared/messaging/footer.ts";
import { contactVars } from "../campaigns/store.ts";
import { emailContent } from "../content.ts";
import { type Draft, draftOf } from "./draft.ts";
import { lintMail } from "./lint.ts";
import { sanitise } from "./sanitise.ts";
import { findTemplate, findVersion } from "./store.ts";

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

export interface Person {
  readonly contactId?: string | undefined;
  readonly vars?: Readonly<Record<string, string>> | undefined;
}

/** Names of the attributes that contacts have, as `attrs.<name>`; undefined when nobody can tell. */
export type Attributes = () => Promise<ReadonlySet<string> | undefined>;

/** The values of one person: a contact's, or examples, with those that were given on top. Throws CONTACT_NOT_FOUND. */
export const valuesOf = async (
  deps: Deps,
  { contactId, vars }: Person,
  fields: readonly string[],
): Promise<Record<string, string>> => {
  const person = contactId && (await contactVars(deps.db, [contactId], deps.scope)).get(contactId);
  if (contactId !== undefined && !person) throw fail("CONTACT_NOT_FOUND", `No contact has the id ${contactId}.`);
  const examples = Object.fromEntries(fields.map((field) => [field, example[field] ?? field.replace("attrs.", "")]));
  return { ...(person ?? examples), ...vars };
};

/** What is wrong or unwise in a draft. */
export const lintDraft = async (
  draft: Draft,
  attributes: Attributes,
): Promise<{ fields: string[]; findings: Finding[] }> => {
  const bulk = compileBulk(draft);
  const ofOwn = bulk.fields.some((field) => field.startsWith("attrs."));
  const findings = lintMail({
    format: draft.format,
    subject: draft.subject,
    source: draft.source,
    text: draft.text,
    bare: compileContent(draft, { trackLinks: false }),
    mistakes: bulk.mistakes,
    mjml: draft.mjml,
    bytes: Buffer.byteLength(bulk.html.parts.join("")),
    attributes: ofOwn ? await attributes() : undefined,
  });
  const unknown = new Set(bulk.mistakes.map((mistake) => mistake.unknown));
  return { fields: bulk.fields.filter((field) => !unknown.has(field)), findings };
};

const previewOf = async (deps: Deps, draft: Draft, person: Person, attributes: Attributes): Promise<Preview> => {
  const lint = await lintDraft(draft, attributes);
  const compiled = compileBulk({ ...draft, html: await sanitise(draft.html) });
  const given = await valuesOf(deps, person, compiled.fields);
  const values = {
    ...given,
    unsubscribeUrl: `${config.publicUrl}/u/preview`,
    postalAddress: "Your postal address",
    pixelUrl: "data:,",
  };
  const linkTo = (index: number) => compiled.links[index] ?? "";
  const filled = fill(compiled.html, values, linkTo);
  // With a mistake some fields stay as they were written: what they hold is looked at once more.
  const html = compiled.mistakes.length > 0 ? await sanitise(filled) : filled;
  return {
    subject: fill(compiled.subject, values, linkTo),
    html,
    text: fill(compiled.text, values, linkTo),
    bytes: Buffer.byteLength(html),
    missing: compiled.required.filter((field) => !given[field]),
    lint,
  };
};

/** Preview of a template's draft, or of the published version with a number. */
export const previewTemplate = async (
  deps: Deps,
  { id, version, ...person }: Person & { readonly id: string; readonly version?: number | undefined },
  attributes: Attributes,
): Promise<Preview> => {
  const draft =
    version === undefined
      ? await draftOf(await findTemplate(deps.db, id))
      : await draftOf(await findVersion(deps.db, id, version, "version"), true);
  return previewOf(deps, draft, person, attributes);
};

/** Preview of content that is stored nowhere, or of the published version of a template. */
export const previewContent = async (
  deps: Deps,
  { content, ...person }: Person & { readonly content: Campaign["content"] & { readonly mjml?: string | undefined } },
  attributes: Attributes,
): Promise<Preview> => {
  const { mjml, ...rest } = content;
  if (mjml !== undefined && rest.html !== undefined)
    throw fail("VALIDATION_FAILED", "content.html: cannot be given together with mjml, which it is made from", {
      errors: [{ path: "content.html", message: "cannot be given together with mjml, which it is made from" }],
    });
  if (rest.templateId !== undefined) {
    const { subject, html, source, text } = await emailContent(deps.db, rest);
    return previewOf(
      deps,
      { format: "html", subject, source: source ?? html, html, text, mjml: [] },
      person,
      attributes,
    );
  }
  const draft = await draftOf({
    format: mjml === undefined ? "html" : "mjml",
    subject: rest.subject ?? null,
    html: rest.html ?? null,
    mjml: mjml ?? null,
    text: rest.text ?? null,
  });
  return previewOf(deps, draft, person, attributes);
};
