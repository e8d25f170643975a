// Takes out of a mail's HTML what runs or asks: scripts, event handlers, addresses that run as code, forms, frames.
// Merge fields, styles, tables and the conditional comments that Outlook needs come through unchanged. The library is
// loaded with the first mail, because it costs memory.
import { nestingDepth } from "../../../shared/messaging/html-depth.ts";
import { tagsOf } from "../../../shared/messaging/html-tags.ts";
import { findMergeFields } from "../../../shared/messaging/merge-fields.ts";
import { attributes, conditionalTags, tags } from "./mail-tags.ts";

/** The library takes time in proportion to length times depth; what nests deeper is refused when it is compiled. */
const DEEPEST = 200;
const runsCode = /(?:javascript|vbscript)\s*:|expression\s*\(|-moz-binding|behavior\s*:/i;
const hiddenPart = /^<!--\[if [\w\s!|&().]{1,60}\]>(.*)<!\[endif\]-->$/s;
const revealed = /^<!--\[if [\w\s!|&().]{1,60}\]><!-->$|^<!--<!\[endif\]-->$/;

/** A conditional comment that may stay: no browser reads it differently, and Outlook finds nothing in it that runs. */
const isHarmless = (comment: string): boolean => {
  if (revealed.test(comment)) return true;
  const inner = hiddenPart.exec(comment)?.[1];
  if (inner === undefined || inner.includes("--") || runsCode.test(inner)) return false;
  return tagsOf(inner).tags.every(
    (tag) => conditionalTags.has(tag.name) && [...tag.attributes.keys()].every((name) => !name.startsWith("on")),
  );
};

// Private-use characters: never in real mail, and no step alters them. Those of html-to-text's markers are others.
const OPEN = "\uE002";
const CLOSE = "\uE003";

/** Numbers that stand in for what must come through unchanged. */
const placeholders = () => {
  const kept: string[] = [];
  return {
    keep: (text: string) => `${OPEN}${kept.push(text) - 1}${CLOSE}`,
    restore: (text: string): string =>
      text.replace(/\uE002(\d+)\uE003/g, (_, index: string) => kept[Number(index)] ?? ""),
  };
};

const cut = (source: string, pieces: readonly { start: number; end: number; by: string }[]): string => {
  let from = 0;
  let out = "";
  for (const { start, end, by } of pieces) {
    if (start < from) continue;
    out += source.slice(from, start) + by;
    from = end;
  }
  return out + source.slice(from);
};

const clean = async (source: string): Promise<string> => {
  const { default: sanitizeHtml } = await import("sanitize-html");
  const html = source.replace(/[\uE002\uE003]/g, "");
  const marks = placeholders();
  const { comments } = tagsOf(html);
  // Fields first, so that a comment is judged and kept with its fields back in place.
  const withoutComments = cut(
    html,
    comments.map(({ start, end }) => {
      const comment = html.slice(start, end);
      return { start, end, by: isHarmless(comment) ? marks.keep(comment) : "" };
    }),
  );
  const { fields } = findMergeFields(withoutComments, "html");
  const bare = cut(
    withoutComments,
    fields.map(({ start, end }) => ({ start, end, by: marks.keep(withoutComments.slice(start, end)) })),
  );
  const doctype = /^\s*<!doctype [^<>]*>/i.exec(html)?.[0] ?? "";
  const out = sanitizeHtml(bare, {
    allowedTags: [...tags],
    allowedAttributes: Object.fromEntries(Object.entries(attributes).map(([tag, names]) => [tag, [...names]])),
    allowedSchemes: ["http", "https", "mailto", "tel", "sms"],
    allowedSchemesByTag: { img: ["http", "https", "cid", "data"] },
    allowedSchemesAppliedToAttributes: ["href", "src", "background", "cite"],
    // Styles are what mails are made of, and mail programs take them as they are; what runs in them is taken out below.
    allowVulnerableTags: true,
    parseStyleAttributes: false,
    exclusiveFilter: ({ tag, attribs }) =>
      (tag === "link" && !(attribs["rel"] === "stylesheet" && /^https:/i.test(attribs["href"] ?? ""))) ||
      (tag === "meta" && /^(refresh|set-cookie|content-security-policy)/i.test((attribs["http-equiv"] ?? "").trim())),
    transformTags: {
      "*": (tagName, attribs) => ({
        tagName,
        attribs:
          attribs["style"] !== undefined && runsCode.test(attribs["style"]) ? { ...attribs, style: "" } : attribs,
      }),
    },
  });
  const styled = out.replace(/<style\b[^>]*>[\s\S]*?<\/style>/gi, (style) => (runsCode.test(style) ? "" : style));
  return doctype + marks.restore(styled);
};

const REMEMBERED = 8;
const made = new Map<string, Promise<string>>();

/**
 * The HTML without what runs or asks. What nests deeper than 200 elements comes back empty: compiling its source says
 * so. The last few answers are remembered, because preflight, launch and many single messages ask for the same.
 */
export const sanitise = (html: string): Promise<string> => {
  if (html === "" || nestingDepth(html, DEEPEST) > DEEPEST) return Promise.resolve("");
  let entry = made.get(html);
  if (!entry) {
    entry = clean(html);
    entry.catch(() => made.delete(html));
    made.set(html, entry);
    const oldest = made.keys().next().value;
    if (made.size > REMEMBERED && oldest !== undefined) made.delete(oldest);
  }
  return entry;
};
