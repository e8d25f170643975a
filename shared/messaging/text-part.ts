// The text part of a compiled html part: the same holes, escaped for text. Takes time and memory in proportion to the
// html, whatever it says; what nests without end is refused.
import { convert, type FormatCallback } from "html-to-text";
import type { Compiled, Hole } from "./compile.ts";
import { nestingDepth } from "./html-depth.ts";
import type { TemplateMistake } from "./merge-fields.ts";

// Private-use characters: never in real mail, untouched by the html-to-text converter.
const OPEN = "\uE000";
const CLOSE = "\uE001";

/** Mail built from nested tables stays below 60. */
const DEEPEST = 200;

// The library lays tables out as a grid as large as a colspan says: `colspan="9999999"` ends the process.
const cell: FormatCallback = (element, walk, builder) => {
  walk(element.children, builder);
  builder.addInline(" ");
};
const row = { format: "block", options: { leadingLineBreaks: 1, trailingLineBreaks: 1 } };

/** Text for those who read no html. `mistakes` says so when the html nests too deep to be read. */
export const textPartOf = (
  html: Compiled,
): { readonly text: Compiled; readonly mistakes: readonly TemplateMistake[] } => {
  if (nestingDepth(html.parts.join(""), DEEPEST) > DEEPEST)
    return {
      text: { parts: [""], holes: [] },
      mistakes: [
        { path: "html", message: `nests more than ${DEEPEST} elements into one another; is there a tag not closed?` },
      ],
    };
  const marked = html.parts.map((part, i) => (i < html.holes.length ? `${part}${OPEN}${i}${CLOSE}` : part)).join("");
  const text = convert(marked, {
    wordwrap: false,
    formatters: { cell },
    selectors: [
      { selector: "a", options: { hideLinkHrefIfSameAsText: true, ignoreHref: false } },
      { selector: "img", format: "skip" },
      { selector: "h1", options: { uppercase: false } },
      { selector: "h2", options: { uppercase: false } },
      { selector: "h3", options: { uppercase: false } },
      { selector: "tr", ...row },
      { selector: "td", format: "cell" },
      { selector: "th", format: "cell" },
    ],
  });
  const parts: string[] = [];
  const holes: Hole[] = [];
  let from = 0;
  for (const match of text.matchAll(new RegExp(`${OPEN}(\\d+)${CLOSE}`, "g"))) {
    const hole = html.holes[Number(match[1])];
    if (!hole) continue;
    parts.push(text.slice(from, match.index));
    holes.push({ ...hole, place: "text" });
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  return { text: { parts, holes }, mistakes: [] };
};
