// How deep html nests, found in one pass. Converters keep the open elements in a list whose every step costs as much as
// it is long: 600,000 tags that are never closed would keep them busy for minutes.
import { Tokenizer } from "htmlparser2";

const voids = new Set(
  "area base basefont br col embed frame hr img input isindex keygen link meta param source track wbr".split(" "),
);
/** Elements whose end may be left out, and what ends when one of them begins. */
const cells = ["td", "th"];
const rows = ["tr", ...cells];
const sections = ["tbody", "thead", "tfoot", ...rows];
const ends: Readonly<Record<string, readonly string[]>> = {
  p: ["p"],
  li: ["li"],
  dt: ["dt", "dd"],
  dd: ["dt", "dd"],
  option: ["option"],
  td: cells,
  th: cells,
  tr: rows,
  tbody: sections,
  thead: sections,
  tfoot: sections,
};

/** How many elements are open at once at most; counts no further than `limit` + 1. */
export const nestingDepth = (source: string, limit: number): number => {
  const open: string[] = [];
  let deepest = 0;
  let name = "";
  const nothing = () => undefined;
  const tokenizer = new Tokenizer(
    { xmlMode: false, decodeEntities: false },
    {
      onopentagname: (start, end) => {
        name = source.slice(start, end).toLowerCase();
      },
      onopentagend: () => {
        if (voids.has(name) || deepest > limit) return;
        const ended = Object.hasOwn(ends, name) ? ends[name] : undefined;
        while (ended?.includes(open.at(-1) ?? "")) open.pop();
        deepest = Math.max(deepest, open.push(name));
      },
      onclosetag: (start, end) => {
        if (deepest > limit) return;
        const at = open.lastIndexOf(source.slice(start, end).toLowerCase());
        if (at !== -1) open.length = at;
      },
      onselfclosingtag: nothing,
      onattribname: nothing,
      onattribdata: nothing,
      onattribentity: nothing,
      onattribend: nothing,
      ontext: nothing,
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
  return deepest;
};
