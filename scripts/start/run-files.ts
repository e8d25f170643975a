// The notes in <data folder>/run: one file per living process of this data folder, so that a start after a hard kill
// finds what is left over, and the guard knows what to end. A note holds an identity, never just a pid.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { endProcesses, type Identity, identify, isAlive } from "./process-identity.ts";

/** What a process is to the others: apps end first, the stores (Redis, Postgres) after them, the watch ends by itself. */
export type Role = "supervisor" | "app" | "store" | "watch";

export interface Note extends Identity {
  readonly name: string;
  readonly role: Role;
  /** The signal that ends it cleanly. */
  readonly stop: NodeJS.Signals;
}

/** The folder of the notes of a data folder. */
export const runFolder = (dataDir: string): string => join(dataDir, "run");

const fileOf = (dataDir: string, name: string) => join(runFolder(dataDir), `${name}.json`);

const parse = (text: string): Note | undefined => {
  try {
    const note = JSON.parse(text) as Partial<Note>;
    return typeof note.pid === "number" && typeof note.began === "string" && note.name ? (note as Note) : undefined;
  } catch {
    return undefined;
  }
};

/** Notes a process down. Nothing happens when it has ended already. */
export const noteDown = (dataDir: string, name: string, role: Role, pid: number, stop: NodeJS.Signals): void => {
  const identity = identify(pid);
  if (!identity) return;
  mkdirSync(runFolder(dataDir), { recursive: true });
  const file = fileOf(dataDir, name);
  writeFileSync(`${file}.${process.pid}`, JSON.stringify({ name, role, stop, ...identity } satisfies Note));
  renameSync(`${file}.${process.pid}`, file);
};

/** Removes a note. */
export const removeNote = (dataDir: string, name: string): void => rmSync(fileOf(dataDir, name), { force: true });

/** The notes whose processes live. */
export const livingNotes = (dataDir: string): Note[] => {
  let names: string[];
  try {
    names = readdirSync(runFolder(dataDir));
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith(".json"))
    .map((name) => {
      try {
        return parse(readFileSync(join(runFolder(dataDir), name), "utf8"));
      } catch {
        return undefined;
      }
    })
    .filter((note): note is Note => note !== undefined && isAlive(note));
};

const notesLeft = (dataDir: string) => livingNotes(dataDir).filter((note) => note.role !== "supervisor");

/** The names of what a killed supervisor left over on this data folder. */
export const leftovers = (dataDir: string): string[] =>
  notesLeft(dataDir)
    .filter((note) => note.role !== "watch")
    .map((note) => note.name);

/**
 * Ends what a killed supervisor left over on this data folder: apps first, then the stores, so that nothing writes into
 * a store that is going. `graceMs` is what the apps get to finish their work; `except` is a process to leave alone (the
 * guard itself).
 */
export const endLeftovers = async (dataDir: string, graceMs: number, except?: number): Promise<void> => {
  const left = notesLeft(dataDir).filter((note) => note.pid !== except);
  const of = (role: Role) => left.filter((note) => note.role === role);
  await endProcesses(of("app"), "SIGTERM", graceMs);
  await endProcesses(of("watch"), "SIGKILL", 1000);
  await Promise.all(of("store").map((store) => endProcesses([store], store.stop, 10_000)));
};

/**
 * Claims the data folder for this process. Returns undefined on success, or the living supervisor that has it.
 * Whoever finds a stale claim takes it over; of two at the same moment the one whose note stays wins.
 */
export const claimDataFolder = (dataDir: string): Note | undefined => {
  const holder = livingNotes(dataDir).find((note) => note.role === "supervisor" && note.pid !== process.pid);
  if (holder) return holder;
  noteDown(dataDir, "supervisor", "supervisor", process.pid, "SIGTERM");
  return livingNotes(dataDir).find((note) => note.role === "supervisor" && note.pid !== process.pid);
};
