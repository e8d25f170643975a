// The text part of a compiled html part: the same holes, escaped for text. Html that nests without end is refused here,
// because it would end the conversion, and most readers show it as nothing.
import { convert } from "html-to-text";
import type { Compiled, Hole } from "./compile.ts";
import type { TemplateMistake } from "./merge-fields.ts";

// Private-use characters: never in real mail, untouched by the html-to-text converter.
const OPEN = "\uE000";
const CLOSE = "\uE001";
const CUT = "\uE002";

/** Mail built from nested tables stays below 60. */
const DEEPEST = 200;

/** Text for those who read no html. `mistakes` says so when the html nests too deep to be read. */
export const textPartOf = (
  html: Compiled,
): { readonly text: Compiled; readonly mistakes: readonly TemplateMistake[] } => {
  const marked = html.parts.map((part, i) => (i < html.holes.length ? `${part}${OPEN}${i}${CLOSE}` : part)).join("");
  const text = convert(marked, {
    wordwrap: false,
    limits: { maxDepth: DEEPEST, ellipsis: CUT },
    selectors: [
      { selector: "a", options: { hideLinkHrefIfSameAsText: true, ignoreHref: false } },
      { selector: "img", format: "skip" },
      { selector: "h1", options: { uppercase: false } },
      { selector: "h2", options: { uppercase: false } },
      { selector: "h3", options: { uppercase: false } },
      { selector: "table", format: "dataTable", options: { uppercaseHeaderCells: false } },
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
  const mistakes = text.includes(CUT)
    ? [{ path: "html", message: `nests more than ${DEEPEST} elements into one another; is a tag not closed?` }]
    : [];
  return { text: { parts, holes }, mistakes };
};
