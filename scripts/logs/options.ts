// What `npm run logs` was asked for.
import { parseArgs } from "node:util";
import { type Level, levels } from "./log-entry.ts";

/** A reason to stop that is told as it stands. */
export class LogsError extends Error {
  override name = "LogsError";
}

export interface LogsOptions {
  /** Groups or processes; empty for all. */
  readonly names: readonly string[];
  readonly level: Level;
  readonly grep: RegExp | undefined;
  /** Texts that a line must have: ids of a job, of a request. */
  readonly ids: readonly string[];
  readonly json: boolean;
  readonly follow: boolean;
  /** Lines from the past. */
  readonly count: number;
}

export const usage = `npm run logs -- [group …] [options]

  -f, --follow      goes on with what is written from now on, until Ctrl-C
  -n, --lines <n>   lines from the past (50)
  --level <level>   this level and worse: ${levels.join(", ")}
  --grep <text>     lines that match this regular expression, in any case
  --job <id>        lines about this job
  --request <id>    lines about this request (the x-request-id of an answer)
  --json            lines as they are, for programs`;

const given = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        follow: { type: "boolean", short: "f", default: false },
        lines: { type: "string", short: "n", default: "50" },
        level: { type: "string", default: "trace" },
        grep: { type: "string" },
        job: { type: "string" },
        request: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new LogsError(`${(error as Error).message}\n\n${usage}`);
  }
};

const expression = (text: string | undefined): RegExp | undefined => {
  if (text === undefined) return undefined;
  try {
    return new RegExp(text, "i");
  } catch (error) {
    throw new LogsError(`--grep has "${text}", which is no regular expression: ${(error as Error).message}`);
  }
};

/** Reads the arguments. Throws LogsError for what cannot be understood. */
export const readOptions = (args: readonly string[]): LogsOptions | "help" => {
  const { values, positionals } = given(args);
  if (values.help) return "help";
  const level = levels.find((name) => name === values.level);
  if (!level) throw new LogsError(`--level has "${values.level}", expected one of ${levels.join(", ")}`);
  if (!/^\d{1,6}$/.test(values.lines)) throw new LogsError(`--lines has "${values.lines}", expected a number`);
  return {
    names: positionals.filter((name) => name !== "all"),
    level,
    grep: expression(values.grep),
    ids: [values.job, values.request].filter((id) => id !== undefined),
    json: values.json,
    follow: values.follow,
    count: Number(values.lines),
  };
};
