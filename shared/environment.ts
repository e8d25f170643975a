// The environment as it is, for those who start processes and for `npm run doctor`: nothing is refused here and nothing
// is made. What runs on it is decided in config.ts.
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { variables } from "./variables.ts";

/** The environment for a child process: this one's, with changes. For the supervisor and the tests. */
export const environmentWith = (changes: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv => {
  const merged: NodeJS.ProcessEnv = { ...process.env, ...changes };
  for (const [name, value] of Object.entries(changes)) if (value === undefined) delete merged[name];
  return merged;
};

export interface VariableState {
  readonly name: string;
  readonly state: "set" | "default" | "unset" | "invalid";
  /** Where it was set. */
  readonly from?: "environment" | ".env";
  readonly secret: boolean;
  /** It stands there without a value, which counts as not set. */
  readonly empty: boolean;
  /** What it would have to be. */
  readonly wanted?: string;
}

export interface Environment {
  readonly states: readonly VariableState[];
  /** Names that begin as ours do and are none of them. */
  readonly unknown: readonly string[];
  /** The value of a variable: as set, else its default; undefined when there is none. */
  value(name: string): string | undefined;
}

/** Names of the operating system's own, for languages and formats. */
const locale =
  /^LC_(ALL|CTYPE|COLLATE|MESSAGES|MONETARY|NUMERIC|TIME|ADDRESS|IDENTIFICATION|MEASUREMENT|NAME|PAPER|TELEPHONE)$/;
/** Read by docker compose, not by us. */
const compose = /^LC_COMPOSE_/;

const readDotEnv = (): Record<string, string | undefined> => {
  try {
    return parseEnv(readFileSync(".env", "utf8"));
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return {};
    throw error;
  }
};

/** Looks at every variable of the table, in the environment and in `.env`. The environment wins, as at the start. */
export const readEnvironment = (): Environment => environmentOf(process.env, readDotEnv());

/** The same for variables and the lines of a file that are given. */
export const environmentOf = (
  outside: Readonly<Record<string, string | undefined>>,
  file: Readonly<Record<string, string | undefined>> = {},
): Environment => {
  const given = (name: string) => outside[name]?.trim() || (outside[name] === undefined ? file[name]?.trim() : "");
  const value = (name: string) => given(name) || variables.find((variable) => variable.name === name)?.fallback;
  const states = variables.map(({ name, fallback, secret = false, refuse }): VariableState => {
    const own = given(name);
    const empty = own === "";
    if (!own) return { name, secret, empty, state: fallback === undefined ? "unset" : "default" };
    const from = outside[name] === undefined ? ".env" : "environment";
    const wanted = refuse?.(own);
    return wanted
      ? { name, secret, empty, from, wanted, state: "invalid" }
      : { name, secret, empty, from, state: "set" };
  });
  const known = new Set(variables.map(({ name }) => name));
  const unknown = [...new Set([...Object.keys(outside), ...Object.keys(file)])].filter(
    (name) => name.startsWith("LC_") && !known.has(name) && !locale.test(name) && !compose.test(name),
  );
  return { states, unknown: unknown.sort(), value };
};
