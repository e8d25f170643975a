// What a campaign or message says: resolves templates, compiles, and answers mistakes with the place where they are.

import type { Campaign } from "../../shared/contracts/campaigns.ts";
import { type FieldError, fail } from "../../shared/contracts/errors.ts";
import type { Sql } from "../../shared/db/knex.ts";
import { type CompiledContent, compileContent } from "../../shared/messaging/compile.ts";
import { compileBulk } from "../../shared/messaging/footer.ts";
import { sanitise } from "./templates/sanitise.ts";
import { publishedTemplate } from "./templates/store.ts";

export type ContentInput = Campaign["content"];

export interface EmailContent {
  readonly subject: string;
  /** Without scripts and the like. */
  readonly html: string;
  readonly text: string | null;
  /** The html as it was written, so that mistakes are named by its lines. */
  readonly source?: string;
}

/** Content as it may leave the house: what runs or asks is taken out of its html. */
export const safeContent = async (content: Omit<EmailContent, "source">): Promise<EmailContent> => ({
  ...content,
  html: await sanitise(content.html),
  source: content.html,
});

const invalid = (errors: readonly FieldError[], code: "VALIDATION_FAILED" | "TEMPLATE_INVALID" = "VALIDATION_FAILED") =>
  fail(code, errors.map((e) => `${e.path}: ${e.message}`).join("; "), { errors });

/** Only email is sent so far; the other channels are refused by name rather than accepted and never sent. */
export const requireEmail = (channel: string, path = "channel"): void => {
  if (channel !== "email")
    throw fail(
      "CHANNEL_UNAVAILABLE",
      `Found channel "${channel}"; this version sends "email". SMS and calls come later.`,
      { errors: [{ path, message: `"${channel}" cannot be sent yet; use "email"` }] },
    );
};

/** Subject, html and text of email content, from the content itself or the template it names. Throws what is missing. */
export const emailContent = async (
  sql: Sql,
  content: ContentInput,
  path = "content",
  templatePath = `${path}.templateId`,
): Promise<EmailContent> => {
  if (content.templateId !== undefined) {
    const others = Object.keys(content).filter((key) => key !== "templateId");
    if (others.length > 0)
      throw invalid([
        { path: `${path}.${others[0]}`, message: "cannot be given together with templateId; take one of them out" },
      ]);
    return safeContent(await publishedTemplate(sql, content.templateId, templatePath));
  }
  const errors: FieldError[] = [];
  if (!content.subject) errors.push({ path: `${path}.subject`, message: "is missing; an email needs a subject" });
  if (!content.html)
    errors.push({ path: `${path}.html`, message: "is missing; an email needs html (text is made from it)" });
  for (const key of ["body", "script"] as const)
    if (content[key] !== undefined)
      errors.push({ path: `${path}.${key}`, message: "is for another channel; an email has subject, html and text" });
  if (errors.length > 0) throw invalid(errors);
  return safeContent({ subject: content.subject as string, html: content.html as string, text: content.text ?? null });
};

/** The content, unless it has mistakes. `prefix` stands before the part's name in the place of each, such as `content.`. */
const faultless = (compiled: CompiledContent, prefix: string): CompiledContent => {
  if (compiled.mistakes.length > 0)
    throw invalid(
      compiled.mistakes.map((m) => ({ path: `${prefix}${m.path}`, message: m.message })),
      "TEMPLATE_INVALID",
    );
  return compiled;
};

/** Mistakes are looked for where they were made: in the html as it was written, then in what is left of it. */
const checked = (content: EmailContent, prefix: string, compile: (content: EmailContent) => CompiledContent) => {
  const { source, html } = content;
  if (source !== undefined && source !== html) faultless(compile({ ...content, html: source }), prefix);
  return faultless(compile(content), prefix);
};

/** Compiles bulk content. Throws TEMPLATE_INVALID naming part, line and column of each mistake. */
export const compiledBulk = (content: EmailContent, prefix = "content."): CompiledContent =>
  checked(content, prefix, compileBulk);

/** Compiles content of a single message, whose own variables are known besides contact fields. */
export const compiledSingle = (content: EmailContent, vars: readonly string[], prefix = "content."): CompiledContent =>
  checked(content, prefix, (one) => compileContent(one, { extra: new Set(vars), trackLinks: false }));
