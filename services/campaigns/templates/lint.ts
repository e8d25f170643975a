// What is wrong or unwise in a mail, each finding with its line in the source as it was written, HTML or MJML.
// Errors stand in the way of publishing; warnings and hints do not.
import type { Finding, TemplateFormat } from "../../../shared/contracts/templates.ts";
import { nearestName } from "../../../shared/lib/nearest.ts";
import type { CompiledContent } from "../../../shared/messaging/compile.ts";
import { linesOf, type Tag, tagsOf } from "../../../shared/messaging/html-tags.ts";
import { contactColumns, findMergeFields, senderFields } from "../../../shared/messaging/merge-fields.ts";
import type { MjmlMistake } from "./mjml-balance.ts";

export interface LintInput {
  readonly format: TemplateFormat;
  readonly subject: string;
  /** The HTML or MJML as it was written. */
  readonly source: string;
  readonly text: string | null;
  /** The mail alone, without the footer, compiled before anything was taken out. */
  readonly bare: CompiledContent;
  /** What compiling it as a bulk mail has against it. */
  readonly mistakes: CompiledContent["mistakes"];
  readonly mjml: readonly MjmlMistake[];
  /** Bytes of the HTML that goes out. */
  readonly bytes: number;
  /** Attributes that contacts have, as `attrs.<name>`; undefined when nobody could tell. */
  readonly attributes: ReadonlySet<string> | undefined;
}

/** Gmail shows no more of a mail's HTML and hides the rest, the unsubscribe link with it. */
const GMAIL_BYTES = 102 * 1024;
const LONG_SUBJECT = 70;
const MOST = 60;

const takenOut: ReadonlySet<string> = new Set(
  "script iframe frame frameset object embed applet form input textarea select button base video audio svg math".split(
    " ",
  ),
);

const find = (severity: Finding["severity"], path: Finding["path"], line: number | null, message: string): Finding => ({
  severity,
  path,
  line,
  message,
});

const subjectFindings = (subject: string): Finding[] => {
  if (subject.trim() === "")
    return [find("error", "subject", null, "The subject is empty; write what the mail is about.")];
  const shown = subject.replaceAll(/\{\{[^}]*\}\}/g, "Ada").length;
  return shown > LONG_SUBJECT
    ? [
        find(
          "warning",
          "subject",
          null,
          `The subject has about ${shown} characters; most mailboxes show 40 to ${LONG_SUBJECT}.`,
        ),
      ]
    : [];
};

const MOST_STRANGERS = 20;
const MOST_COMPARED = 300;

/** The text with spaces in place of its style sheets, which are full of braces; in one pass, also where none ends. */
const withoutStyles = (text: string): string => {
  const lower = text.toLowerCase();
  const begin = /<(?:mj-)?style\b/g;
  let out = "";
  let from = 0;
  for (let match = begin.exec(lower); match; match = begin.exec(lower)) {
    const close = lower.indexOf(`</${match[0].slice(1)}`, match.index);
    const to = close === -1 ? text.length : close;
    out += text.slice(from, match.index) + text.slice(match.index, to).replaceAll(/[^\n]/g, " ");
    from = to;
    begin.lastIndex = to;
  }
  return out + text.slice(from);
};

/** Fields that do not exist or are not closed, in one part. */
const fieldFindings = (text: string, path: Finding["path"], attributes: ReadonlySet<string> | undefined): Finding[] => {
  const { fields, mistakes } = findMergeFields(text, path);
  const own = [...(attributes ?? [])].slice(0, MOST_COMPARED);
  const known = [...Object.keys(contactColumns), ...senderFields, ...own];
  const lineAt = linesOf(text);
  const found = mistakes.map(({ unknown, line, message }) => {
    if (unknown === undefined) return find("error", path, line ?? null, `${message}.`);
    const meant = nearestName(unknown, known);
    return find(
      "error",
      path,
      line ?? null,
      `There is no field {{${unknown}}}. ${meant ? `Did you mean {{${meant}}}?` : "Fields of your own begin with attrs., as {{attrs.city}}."}`,
    );
  });
  const strangers = new Map<string, number>();
  for (const { name, start } of fields) {
    if (strangers.size >= MOST_STRANGERS) break;
    if (attributes && name.startsWith("attrs.") && !attributes.has(name) && !strangers.has(name))
      strangers.set(name, start);
  }
  for (const [name, start] of strangers) {
    const meant = nearestName(name, own);
    found.push(
      find(
        "warning",
        path,
        lineAt(start),
        `No contact has {{${name}}} yet${meant ? `. Did you mean {{${meant}}}?` : "; give it a default, or nobody gets the mail."}`,
      ),
    );
  }
  // Braces that stand alone, such as {firstName} and {{firstName}.
  const alone = /(?<!\{)\{ ?(\w+) ?\}(?!\})/.exec(withoutStyles(text));
  if (alone && Object.hasOwn(contactColumns, alone[1] ?? ""))
    found.push(
      find(
        "warning",
        path,
        lineAt(alone.index),
        `${alone[0]} is shown as it is. A field has two braces on each side: {{${alone[1]}}}.`,
      ),
    );
  return found;
};

const isLink = (name: string) => name === "a" || name === "area" || name === "mj-button" || name === "mj-navbar-link";
const isImage = (name: string) => name === "img" || name === "mj-image";

type TagFinding = readonly [Finding["severity"], string];

const tagFindings = (tag: Tag): TagFinding[] => {
  const value = (name: string) => tag.attributes.get(name);
  const href = value("href")?.trim();
  if (takenOut.has(tag.name))
    return [["warning", `<${tag.name}> is taken out before the mail goes out: mail programs do not show it.`]];
  const found: TagFinding[] = [];
  const warn = (message: string) => found.push(["warning", message]);
  const handler = [...tag.attributes.keys()].find((name) => name.startsWith("on"));
  if (handler) warn(`${handler} of <${tag.name}> is taken out before the mail goes out: no mail program runs scripts.`);
  if (isImage(tag.name)) {
    if (value("alt") === undefined)
      warn(`<${tag.name}> has no alt text; say what it shows, or alt="" when it is only decoration.`);
    if (/^http:\/\//i.test(value("src") ?? ""))
      warn("This image uses http; many mailboxes load images over https only.");
  }
  if (href !== undefined && /^(javascript|vbscript|data):/i.test(href))
    warn(`The link of <${tag.name}> runs code, so it is taken out before the mail goes out.`);
  if (isLink(tag.name)) {
    const anchor = value("name") !== undefined || value("id") !== undefined;
    if ((href === undefined || href === "" || href === "#") && !anchor)
      warn(`This <${tag.name}> leads nowhere: give it an href.`);
    if (href !== undefined && /^http:\/\//i.test(href))
      warn("This link uses http; https keeps its readers safe, and some filters distrust http.");
  }
  return found;
};

/** Where MJML only says how elements look by default: what stands there is no element of the mail. */
const defaultsOf = (source: string): readonly [number, number] => {
  const start = source.indexOf("<mj-attributes");
  return start === -1 ? [0, 0] : [start, Math.max(start, source.indexOf("</mj-attributes", start))];
};

const order = { error: 0, warning: 1, info: 2 } as const;

/** Findings, errors first, then by line; at most 60. */
export const lintMail = (input: LintInput): Finding[] => {
  const { format, source, bare, mistakes, text } = input;
  const path = format === "mjml" ? "mjml" : "html";
  const found: Finding[] = [
    ...subjectFindings(input.subject),
    ...fieldFindings(input.subject, "subject", input.attributes),
  ];
  if (source.trim() === "") found.push(find("error", path, null, "The mail has no content yet."));
  found.push(
    ...input.mjml.map(({ line, message, harmless }) => find(harmless ? "warning" : "error", path, line, `${message}.`)),
  );
  const inSource = fieldFindings(source, path, input.attributes);
  found.push(...inSource);
  // Mistakes of place, such as a field inside a tag: fields that are no fields were named above.
  const broken = inSource.some(({ severity }) => severity === "error");
  for (const mistake of mistakes)
    if (
      mistake.path === "html" &&
      mistake.unknown === undefined &&
      !(broken && / is not closed; write it /.test(mistake.message))
    )
      found.push(find("error", path, format === "mjml" ? null : (mistake.line ?? null), `${mistake.message}.`));
  if (text) found.push(...fieldFindings(text, "text", input.attributes));
  const lineAt = linesOf(source);
  const [from, to] = defaultsOf(source);
  for (const tag of tagsOf(source).tags) {
    if (found.length >= MOST) break;
    if (tag.start >= from && tag.start < to) continue;
    found.push(...tagFindings(tag).map(([severity, message]) => find(severity, path, lineAt(tag.start), message)));
  }
  if (input.bytes > GMAIL_BYTES)
    found.push(
      find(
        "warning",
        path,
        null,
        `The mail has ${Math.round(input.bytes / 1024)} kB; Gmail cuts it off at 102 kB and hides the rest.`,
      ),
    );
  const silent = !text?.trim() && bare.text.holes.length === 0 && bare.text.parts.join("").trim() === "";
  if (source.trim() !== "" && silent && mistakes.length === 0 && input.mjml.every(({ harmless }) => harmless))
    found.push(
      find(
        "warning",
        path,
        null,
        "The mail has no words, only images or nothing; filters distrust that, and who sees no images reads nothing.",
      ),
    );
  if (source.trim() !== "" && !(bare.hasUnsubscribe && bare.hasPostalAddress))
    found.push(
      find(
        "info",
        path,
        null,
        "A footer is added, because there is no {{unsubscribeUrl}} or no {{postalAddress}} in it.",
      ),
    );
  return found.sort((a, b) => order[a.severity] - order[b.severity] || (a.line ?? 0) - (b.line ?? 0)).slice(0, MOST);
};
