// What a fault did, as a row of the table, and what counts as survived.
import { machine, shown } from "../bench/results.ts";

export interface Outcome {
  readonly fault: string;
  /** How often and at what, in words. */
  readonly what: string;
  /** Acknowledged work that was not done. */
  readonly lost: number;
  /** Completions, or mails to the same person, beyond the first. */
  readonly doubled: number;
  /** Messages that may have been sent and are listed as such; undefined where there are no messages. */
  readonly unknown: number | undefined;
  /** Highest number of unknown messages that this fault excuses. */
  readonly unknownAtMost?: number;
  /** Longest time until interrupted work went on. */
  readonly recoverySeconds: number;
  readonly recoveryAtMost: number;
  /** Further counts, in words. */
  readonly note?: string;
}

/** What was missed, in words; empty when everything was met. */
export const missedBy = (one: Outcome): string[] => [
  ...(one.lost > 0 ? [`${one.lost} lost`] : []),
  ...(one.doubled > 0 ? [`${one.doubled} doubled`] : []),
  ...((one.unknown ?? 0) > (one.unknownAtMost ?? 0)
    ? [`${one.unknown} unknown of at most ${one.unknownAtMost ?? 0}`]
    : []),
  ...(one.recoverySeconds > one.recoveryAtMost
    ? [`${shown(one.recoverySeconds)} s to recover instead of ${one.recoveryAtMost}`]
    : []),
];

/** One line of the table. */
export const rowOf = (one: Outcome): string => {
  const missed = missedBy(one);
  const cells = [
    one.fault,
    one.what,
    one.lost,
    one.doubled,
    one.unknown ?? "-",
    `${shown(one.recoverySeconds)} s of ${one.recoveryAtMost} s`,
    missed.length > 0 ? `**missed**: ${missed.join(", ")}` : "met",
    one.note ?? "",
  ];
  return `| ${cells.join(" | ")} |`;
};

/** The whole of test/chaos/RESULTS.md. */
export const documentOf = (outcomes: readonly Outcome[], command: string): string =>
  [
    "# Survived faults",
    "",
    `Written by \`${command}\`. Real Redis, Postgres, SMTP sink and processes. Lost is acknowledged work that was not done; doubled is a completion or a mail beyond the first; unknown are messages that may have been sent and are listed for a person to decide; recovery is the longest time until interrupted work went on, of at most two leases.`,
    "",
    "| fault | how | lost | doubled | unknown | recovery | target | |",
    "|---|---|---|---|---|---|---|---|",
    ...outcomes.map(rowOf),
    "",
    ...machine(["moleculer", "ioredis", "pg", "smtp-server"]).map((line) => `- ${line}`),
    "- Postgres with fsync on, Redis with an append-only file, synced every second",
    "",
  ].join("\n");
