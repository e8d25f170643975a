// What a command of the REPL is, and the two shapes that most have: one that lists, and one that acts on what it names.
import { type Api, type Method, ReplError, type Row } from "./api.ts";
import { type Column, rowsOf, table } from "./print.ts";

export interface Given {
  /** Words after the command. */
  readonly words: readonly string[];
  /** Options by name, without dashes. */
  readonly options: Readonly<Record<string, string>>;
}

export interface Command {
  /** `job retry <id>`: the words that choose it, then what has to follow. */
  readonly usage: string;
  readonly about: string;
  /** Options it takes, each with a value. */
  readonly options?: readonly string[];
  readonly run: (api: Api, given: Given) => Promise<string>;
}

export const word = ({ words }: Given, index = 0): string => words[index] ?? "";
export const path = (text: string) => encodeURIComponent(text);

/** A command that lists. */
export const list = (
  usage: string,
  about: string,
  endpoint: string,
  columns: readonly Column[],
  none: string,
  options: readonly string[] = [],
): Command => ({
  ...{ usage, about, options },
  run: async (api, given) => table(rowsOf(await api.call("GET", endpoint, given.options)), columns, none),
});

/** A command that does something to what its first word names. */
export const act = (
  usage: string,
  about: string,
  method: Method,
  endpoint: string,
  done: (name: string, answer: Row) => string,
  options: readonly string[] = [],
): Command => ({
  ...{ usage, about, options },
  run: async (api, given) => {
    const name = word(given);
    return done(name, await api.call(method, endpoint.replace(/:\w+/, path(name)), given.options));
  },
});

/** The object of JSON that was given as `what`, such as `--input`. */
export const readObject = (text: string, what: string): Row => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Row;
  } catch {
    // Said below, with an example.
  }
  throw new ReplError(
    `Found ${text}, which is not an object of JSON. Put it in single quotes: ${what} '{"campaignId":"…"}'`,
  );
};
