// Compiles a template once into literal parts and holes; per person only the holes are filled, escaped for their place.
// Places: html text, html attribute, inside a URL, a tracked link, plain text. A hole anywhere else is refused.
import { Tokenizer } from "htmlparser2";
import { findMergeFields, type TemplateMistake } from "./merge-fields.ts";
import { textPartOf } from "./text-part.ts";

export type Place = "html" | "attribute" | "url" | "text";

export type Hole =
  | { readonly kind: "field"; readonly name: string; readonly fallback: string | undefined; readonly place: Place }
  /** A tracked link, by its position in `links`. */
  | { readonly kind: "link"; readonly index: number; readonly place: Place };

/** Literal and hole by turns: parts[0], holes[0], parts[1], … parts[n]. */
export interface Compiled {
  readonly parts: readonly string[];
  readonly holes: readonly Hole[];
}

export interface CompiledContent {
  readonly subject: Compiled;
  readonly html: Compiled;
  readonly text: Compiled;
  /** Destinations of tracked links in order; may contain merge fields, filled (URL-encoded) when clicked. */
  readonly links: readonly string[];
  /** Contact fields in use; `required` ones have no default anywhere. */
  readonly fields: readonly string[];
  readonly required: readonly string[];
  readonly mistakes: readonly TemplateMistake[];
  readonly hasUnsubscribe: boolean;
  readonly hasPostalAddress: boolean;
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly kind: "text" | "attribute" | "raw";
  readonly tag: string;
  readonly attribute: string;
}

const urlAttributes = new Set(["href", "src", "action", "background", "cite", "poster", "data"]);

/** Beginnings of addresses inside which no value is safe: encoding is undone before they run. */
const runsCode = /^\s*(javascript|vbscript|data):/i;

/** Which stretches of the source are text, which are attribute values, and of what. */
const rangesOf = (source: string): Range[] => {
  const ranges: Range[] = [];
  let tag = "";
  let attribute = "";
  let rawTag = "";
  const add = (kind: Range["kind"], start: number, end: number) => {
    const last = ranges.at(-1);
    // The tokenizer hands attribute values over in pieces around entities: join them.
    if (last && last.end === start && last.kind === kind && last.tag === tag && last.attribute === attribute)
      ranges[ranges.length - 1] = { ...last, end };
    else ranges.push({ start, end, kind, tag, attribute });
  };
  const nothing = () => undefined;
  const tokenizer = new Tokenizer(
    { xmlMode: false, decodeEntities: false },
    {
      onopentagname: (start, end) => {
        tag = source.slice(start, end).toLowerCase();
        attribute = "";
      },
      onopentagend: () => {
        rawTag = tag === "script" || tag === "style" ? tag : "";
        attribute = "";
      },
      onselfclosingtag: () => {
        attribute = "";
      },
      onclosetag: () => {
        rawTag = "";
        attribute = "";
      },
      onattribname: (start, end) => {
        attribute = source.slice(start, end).toLowerCase();
      },
      onattribdata: (start, end) => add("attribute", start, end),
      onattribentity: nothing,
      onattribend: nothing,
      ontext: (start, end) => add(rawTag ? "raw" : "text", start, end),
      ontextentity: nothing,
      oncdata: nothing,
      oncomment: nothing,
      ondeclaration: nothing,
      onprocessinginstruction: nothing,
      onend: nothing,
    },
  );
  tokenizer.write(source);
  tokenizer.end();
  return ranges;
};

const decodeAttribute = (value: string) =>
  value
    .replaceAll("&amp;", "&")
    .replaceAll("&#38;", "&")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">");

/** Turns plain text with merge fields into parts and holes. */
const compileText = (
  source: string,
  path: string,
  extra: ReadonlySet<string>,
): { compiled: Compiled; mistakes: readonly TemplateMistake[] } => {
  const { fields, mistakes } = findMergeFields(source, path, extra);
  const parts: string[] = [];
  let from = 0;
  for (const field of fields) {
    parts.push(source.slice(from, field.start));
    from = field.end;
  }
  parts.push(source.slice(from));
  return {
    compiled: {
      parts,
      holes: fields.map(({ name, fallback }) => ({ kind: "field", name, fallback, place: "text" as const })),
    },
    mistakes,
  };
};

/** More help nobody, and their lines would have to be counted. */
const MOST_MISTAKES = 20;
const lineAt = (source: string, index: number) => source.slice(0, index).split("\n").length;

interface Spot {
  readonly start: number;
  readonly end: number;
  readonly hole: Hole;
}

/** Finds the range around a field. Fields and ranges both come in order, so each range is looked at once. */
const rangeFinder = (ranges: readonly Range[]) => {
  let next = 0;
  return (start: number, end: number): Range | undefined => {
    while (next < ranges.length && (ranges[next] as Range).end <= start) next++;
    const range = ranges[next];
    return range && range.start <= start && range.end >= end ? range : undefined;
  };
};

const compileHtml = (source: string, extra: ReadonlySet<string>, trackLinks: boolean) => {
  const { fields, mistakes: found } = findMergeFields(source, "html", extra);
  const mistakes = [...found];
  const ranges = rangesOf(source);
  const links: string[] = [];
  const spots: Spot[] = [];
  const tracked = new Set<Range>();
  const rangeOf = rangeFinder(ranges);
  for (const range of ranges) {
    if (
      !trackLinks ||
      range.kind !== "attribute" ||
      range.attribute !== "href" ||
      (range.tag !== "a" && range.tag !== "area")
    )
      continue;
    const destination = decodeAttribute(source.slice(range.start, range.end)).trim();
    if (!/^https?:\/\//i.test(destination)) continue;
    tracked.add(range);
    spots.push({ start: range.start, end: range.end, hole: { kind: "link", index: links.length, place: "attribute" } });
    links.push(destination);
  }
  for (const field of fields) {
    const range = rangeOf(field.start, field.end);
    if (range && tracked.has(range)) continue;
    // `<` before a value would make the value the name of a tag, however it is escaped.
    const opensTag = range?.kind === "text" && /<\/?$/.test(source.slice(Math.max(0, field.start - 2), field.start));
    if (!range || range.kind === "raw" || opensTag) {
      mistakes.push({
        path: "html",
        line: mistakes.length < MOST_MISTAKES ? lineAt(source, field.start) : 0,
        message: `{{${field.name}}} stands inside ${range && !opensTag ? `<${range.tag}>` : "a tag or comment"}, where a value cannot be made safe; move it into text or an attribute value`,
      });
      continue;
    }
    const quoted = /["']/.test(source[range.start - 1] ?? "");
    if (range.kind === "attribute" && (!quoted || range.attribute.startsWith("on") || range.attribute === "srcdoc")) {
      mistakes.push({
        path: "html",
        line: mistakes.length < MOST_MISTAKES ? lineAt(source, field.start) : 0,
        message: `{{${field.name}}} stands in the attribute ${range.attribute} of <${range.tag}>, ${quoted ? "which runs as code" : "which has no quotes"}; ${quoted ? "move it elsewhere" : "put the value in quotes"}`,
      });
      continue;
    }
    if (range.kind === "attribute" && runsCode.test(source.slice(range.start, field.start))) {
      mistakes.push({
        path: "html",
        line: mistakes.length < MOST_MISTAKES ? lineAt(source, field.start) : 0,
        message: `{{${field.name}}} stands in an address of <${range.tag}> that runs as code or is a document of its own; use http, https, mailto or tel`,
      });
      continue;
    }
    const place: Place =
      range.kind === "text"
        ? "html"
        : urlAttributes.has(range.attribute) && field.start > range.start
          ? "url"
          : "attribute";
    spots.push({
      start: field.start,
      end: field.end,
      hole: { kind: "field", name: field.name, fallback: field.fallback, place },
    });
  }
  spots.sort((a, b) => a.start - b.start);
  const parts: string[] = [];
  let from = 0;
  for (const spot of spots) {
    parts.push(source.slice(from, spot.start));
    from = spot.end;
  }
  parts.push(source.slice(from));
  return { compiled: { parts, holes: spots.map((spot) => spot.hole) } satisfies Compiled, links, mistakes, fields };
};

export interface ContentSource {
  readonly subject?: string | null | undefined;
  readonly html?: string | null | undefined;
  readonly text?: string | null | undefined;
}

/**
 * Compiles email content. Never throws: `mistakes` says what is wrong and where.
 * `extra` are variables known besides contact fields; `trackLinks` replaces http links by tracked ones.
 */
export const compileContent = (
  content: ContentSource,
  options: { extra?: ReadonlySet<string>; trackLinks?: boolean } = {},
): CompiledContent => {
  const extra = options.extra ?? new Set<string>();
  const subject = compileText((content.subject ?? "").replaceAll(/[\r\n]+/g, " "), "subject", extra);
  const html = compileHtml(content.html ?? "", extra, options.trackLinks ?? true);
  const given = content.text?.trim() ? compileText(content.text, "text", extra) : undefined;
  const made = given ? undefined : textPartOf(html.compiled);
  const used = new Map<string, boolean>();
  const everyField = [...subject.compiled.holes, ...(given?.compiled.holes ?? [])]
    .filter((hole) => hole.kind === "field")
    .concat(
      html.fields.map((field) => ({
        kind: "field" as const,
        name: field.name,
        fallback: field.fallback,
        place: "html" as const,
      })),
    );
  for (const { name, fallback } of everyField) used.set(name, (used.get(name) ?? false) || fallback === undefined);
  const mistakes = [...subject.mistakes, ...html.mistakes, ...(given?.mistakes ?? []), ...(made?.mistakes ?? [])];
  const own = [...used].filter(([name]) => name !== "unsubscribeUrl" && name !== "postalAddress");
  return {
    subject: subject.compiled,
    html: html.compiled,
    text: given?.compiled ?? made?.text ?? { parts: [""], holes: [] },
    links: html.links,
    fields: own.map(([name]) => name),
    required: own.filter(([, required]) => required).map(([name]) => name),
    mistakes: mistakes.slice(0, MOST_MISTAKES),
    hasUnsubscribe: used.has("unsubscribeUrl"),
    hasPostalAddress: used.has("postalAddress"),
  };
};
