// MJML tags that are not closed, or closed without having been opened. The compiler passes over them and drops what is
// inside, so a forgotten end would lose a part of the mail without a word.

export interface MjmlMistake {
  readonly line: number;
  readonly message: string;
  /** True when the mail can be made all the same. */
  readonly harmless: boolean;
}

const MOST = 20;

/** What is wrong with the nesting of MJML tags and what may not be there at all, with lines. */
export const mjmlMistakes = (source: string): MjmlMistake[] => {
  // As long as before, so that lines stay where they are.
  const text = source.replace(/<!--[\s\S]*?(?:-->|$)/g, (comment) => comment.replaceAll(/[^\n]/g, " "));
  const open: { name: string; line: number }[] = [];
  const mistakes: MjmlMistake[] = [];
  const wrong = (line: number, message: string) => mistakes.push({ line, message, harmless: false });
  let line = 1;
  let from = 0;
  for (const match of text.matchAll(/<(\/?)(mj-[\w-]+|mjml)\b((?:"[^"]*"|'[^']*'|[^"'<>])*)>/gi)) {
    if (mistakes.length >= MOST) return mistakes;
    line += text.slice(from, match.index).split("\n").length - 1;
    from = match.index;
    const name = (match[2] ?? "").toLowerCase();
    if (name === "mj-include")
      wrong(line, "<mj-include> reads files, which templates may not; put the part itself into the template");
    else if (match[1] === "") {
      if (!match[3]?.trimEnd().endsWith("/")) open.push({ name, line });
    } else {
      const at = open.findLastIndex((tag) => tag.name === name);
      if (at === -1) wrong(line, `</${name}> closes what was not opened`);
      else for (const tag of open.splice(at).slice(1)) wrong(tag.line, `<${tag.name}> is not closed`);
    }
  }
  for (const tag of open) wrong(tag.line, `<${tag.name}> is not closed`);
  if (mistakes.length === 0 && !/<mjml[\s>]/i.test(text))
    wrong(1, "there is no <mjml> around it; a template begins with <mjml><mj-body>");
  return mistakes.slice(0, MOST);
};
