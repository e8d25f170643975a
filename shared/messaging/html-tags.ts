// The tags and comments of HTML or MJML with their places, found in one pass that takes time in proportion to the text.
import { Tokenizer } from "htmlparser2";

export interface Tag {
  readonly name: string;
  /** Where its `<` stands. */
  readonly start: number;
  /** Names in lower case, values as they are written; an attribute without a value has "". */
  readonly attributes: ReadonlyMap<string, string>;
}

export interface Comment {
  /** From `<!--` to behind `-->`. */
  readonly start: number;
  readonly end: number;
}

/** Opening tags and comments in their order. */
export const tagsOf = (source: string): { readonly tags: readonly Tag[]; readonly comments: readonly Comment[] } => {
  const tags: Tag[] = [];
  const comments: Comment[] = [];
  let attributes = new Map<string, string>();
  let attribute = "";
  const nothing = () => undefined;
  const tokenizer = new Tokenizer(
    { xmlMode: false, decodeEntities: false },
    {
      onopentagname: (start, end) => {
        attributes = new Map();
        tags.push({ name: source.slice(start, end).toLowerCase(), start: start - 1, attributes });
      },
      onattribname: (start, end) => {
        attribute = source.slice(start, end).toLowerCase();
        if (!attributes.has(attribute)) attributes.set(attribute, "");
      },
      onattribdata: (start, end) =>
        attributes.set(attribute, (attributes.get(attribute) ?? "") + source.slice(start, end)),
      oncomment: (start, last, offset) => {
        // What ends otherwise, or never, is no comment that everybody reads alike.
        if (source.slice(last - offset, last + 1) === "-->" && source.slice(start - 4, start) === "<!--")
          comments.push({ start: start - 4, end: last + 1 });
      },
      onopentagend: nothing,
      onselfclosingtag: nothing,
      onclosetag: nothing,
      onattribentity: nothing,
      onattribend: nothing,
      ontext: nothing,
      ontextentity: nothing,
      oncdata: nothing,
      ondeclaration: nothing,
      onprocessinginstruction: nothing,
      onend: nothing,
    },
  );
  tokenizer.write(source);
  tokenizer.end();
  return { tags, comments };
};

/** Finds lines by places, in logarithmic time each: the line of an index, from 1. */
export const linesOf = (source: string): ((index: number) => number) => {
  const starts = [0];
  for (let at = source.indexOf("\n"); at !== -1; at = source.indexOf("\n", at + 1)) starts.push(at + 1);
  return (index) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
};
