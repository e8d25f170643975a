// The log files of a data folder: which there are, which a group's lines are in, and reading along.
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { config } from "../../shared/config.ts";
import { planProcesses, serviceFolders } from "../start/groups.ts";
import { LogsError } from "./options.ts";

export interface LogFileOf {
  /** The process. */
  readonly name: string;
  readonly path: string;
}

const root = resolve(import.meta.dirname, "../..");

/** The process that a group runs in, as `npm start` spreads them now. */
const processOf = (group: string): string | undefined => {
  const folders = [group, `services/${group}`];
  return planProcesses(serviceFolders(root), config.processes).find((one) =>
    one.folders.some((folder) => folders.includes(folder)),
  )?.name;
};

const filesIn = (dataDir: string): LogFileOf[] => {
  const folder = join(dataDir, "logs");
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".log"))
      .sort()
      .map((name) => ({ name: name.slice(0, -4), path: join(folder, name) }));
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return [];
    throw error;
  }
};

/** The files of these groups or processes, of all without any. Throws LogsError when there are none. */
export const findLogFiles = (dataDir: string, names: readonly string[]): LogFileOf[] => {
  const files = filesIn(dataDir);
  if (files.length === 0)
    throw new LogsError(
      `There are no logs in ${join(dataDir, "logs")}: \`npm start\` writes them there. With another data folder, set LC_DATA_DIR as it was for the start. On Railway the logs are there: \`railway logs --service <group>\`. A group that was started by hand logs to its own terminal.`,
    );
  if (names.length === 0) return files;
  const found = names.map((name) => {
    const own = files.find((file) => file.name === name);
    const shared = own ?? files.find((file) => file.name === processOf(name));
    if (!shared)
      throw new LogsError(
        `Nothing here logs as "${name}". There are ${files.map((file) => file.name).join(", ")}; the groups ${serviceFolders(
          root,
        )
          .map((folder) => folder.replace("services/", ""))
          .join(", ")} are in them.`,
      );
    return shared;
  });
  return [...new Map(found.map((file) => [file.name, file])).values()];
};

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return "";
    throw error;
  }
};

/** All lines that are there, of the older part too, and the size up to which they reach. */
export const readLines = ({ path }: LogFileOf): { lines: string[]; size: number } => {
  const text = read(path);
  const lines = `${read(`${path}.1`)}${text}`.split("\n").filter((line) => line.trim() !== "");
  return { lines, size: Buffer.byteLength(text) };
};

/** Reads on from a size; each call answers the lines that are complete since the one before. */
export const readAlong = ({ path }: LogFileOf, from: number): (() => string[]) => {
  let offset = from;
  let rest = "";
  return () => {
    const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0 };
    // Emptied, since it had grown too large: what is written now begins at its start.
    if (size < offset) offset = 0;
    if (size === offset) return [];
    const file = openSync(path, "r");
    try {
      const chunk = Buffer.alloc(fstatSync(file).size - offset);
      offset += readSync(file, chunk, 0, chunk.length, offset);
      const lines = (rest + chunk.toString("utf8")).split("\n");
      rest = lines.pop() ?? "";
      return lines.filter((line) => line.trim() !== "");
    } finally {
      closeSync(file);
    }
  };
};
