// Finds the command that words mean, reads its options, and runs it; says what is missing when it cannot.
import { parseArgs } from "node:util";
import { nearestName } from "../../lib/nearest.ts";
import { type Api, ReplError } from "./api.ts";
import type { Command, Given } from "./command.ts";
import { commands } from "./commands.ts";

const literals = ({ usage }: Command): readonly string[] => usage.split(" ").filter((part) => !part.startsWith("<"));
const holes = ({ usage }: Command): readonly string[] => usage.split(" ").filter((part) => part.startsWith("<"));

/** The first words of all commands. */
export const firstWords: readonly string[] = [...new Set(commands.map((command) => literals(command)[0] ?? ""))];

/** Commands that begin with this word, as lines of a help. */
export const helpOf = (word?: string): string => {
  const shown = commands.filter((command) => word === undefined || literals(command)[0] === word);
  const width = Math.max(...shown.map(({ usage }) => usage.length));
  return shown.map(({ usage, about }) => `${usage.padEnd(width)}  ${about}`).join("\n");
};

const find = (words: readonly string[]): Command => {
  const fitting = commands
    .filter((command) => literals(command).every((literal, index) => words[index] === literal))
    .sort((a, b) => literals(b).length - literals(a).length);
  const [best] = fitting;
  if (best) return best;
  const near = nearestName(words[0] ?? "", firstWords);
  throw new ReplError(
    firstWords.includes(words[0] ?? "")
      ? `Found "${words.join(" ")}"; expected one of:\n${helpOf(words[0])}`
      : `There is no command "${words[0]}". ${near ? `Did you mean one of these?\n${helpOf(near)}` : `There are:\n${helpOf()}`}`,
  );
};

const read = (command: Command, rest: readonly string[]): Given => {
  const known = command.options ?? [];
  const options = Object.fromEntries(known.map((name) => [name, { type: "string" as const }]));
  try {
    const { values, positionals } = parseArgs({ args: [...rest], options, allowPositionals: true, strict: true });
    return { words: positionals, options: values as Record<string, string> };
  } catch (error) {
    const usage = `${command.usage}  ${command.about}`;
    const unknown = rest
      .filter((text) => text.startsWith("--"))
      .map((text) => text.slice(2).replace(/=.*$/, ""))
      .find((name) => !known.includes(name));
    if (unknown === undefined) throw new ReplError(`${(error as Error).message}\n${usage}`);
    const takes = known.length > 0 ? `it takes ${known.map((name) => `--${name}`).join(", ")}` : "it takes none";
    throw new ReplError(`"${literals(command).join(" ")}" has no option --${unknown}; ${takes}\n${usage}`);
  }
};

/** Runs a command given by its words and resolves with what to print. Throws ReplError. */
export const runCommand = async (api: Api, words: readonly string[]): Promise<string> => {
  if (words.length === 0 || words[0] === "help") return helpOf();
  const command = find(words);
  const given = read(command, words.slice(literals(command).length));
  const missing = holes(command)[given.words.length];
  if (missing) throw new ReplError(`${missing} is missing: ${command.usage}`);
  const most = holes(command).length + (command.usage === "call <action>" ? 1 : 0);
  if (given.words.length > most)
    throw new ReplError(`"${given.words[most]}" is too much: ${command.usage}. Put what has spaces into quotes.`);
  return command.run(api, given);
};
