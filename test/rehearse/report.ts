// What a rehearsal found, as tables to read and as findings that make it fail.
import type { Footprint } from "./footprint.ts";
import type { Failure, LoadResult } from "./load.ts";
import type { Outage } from "./outages.ts";
import type { Redeploy } from "./rolling.ts";

export interface Mails {
  readonly people: number;
  readonly states: Readonly<Record<string, number>>;
  readonly status: string;
  readonly lost: number;
  readonly doubled: number;
  /** May have been sent: somebody has to decide. */
  readonly unknown: number;
}

export interface Rehearsal {
  readonly environment: string;
  readonly redeploys: readonly Redeploy[];
  readonly load: LoadResult;
  readonly outages: readonly Outage[];
  readonly mails: Mails;
  readonly footprint: readonly Footprint[];
  /** What was wrong beside the figures. */
  readonly remarks: readonly string[];
}

const recoveryAtMost = 10;

const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");

/** Alike ones once, with how many there were and when the first and the last of them. */
const failedRequests = (failures: readonly Failure[]): string[] =>
  [...Map.groupBy(failures, ({ during, what, answer }) => `during ${during}: ${what} was answered with ${answer}`)]
    .slice(0, 25)
    .map(([words, alike]) => `${alike.length} times, ${alike[0]?.at} to ${alike.at(-1)?.at}, ${words}`);

/** What must not be, each in a sentence. */
export const findingsOf = ({ environment, redeploys, load, outages, mails, remarks }: Rehearsal): string[] =>
  [
    ...remarks,
    ...failedRequests(load.failures),
    ...redeploys
      .filter(({ readyWhileLeaving }) => readyWhileLeaving)
      .map(({ service }) => `${service} said that it was ready a second after it had been told to end`),
    ...redeploys
      .filter(({ code }) => code !== 0)
      .map(({ service, code }) => `${service} ended with ${code} when it was replaced`),
    ...outages
      .filter(({ recoveredAfter }) => recoveredAfter > recoveryAtMost)
      .map(
        ({ what, recoveredAfter }) =>
          `${what}: ready again after ${recoveredAfter.toFixed(1)} s, at most ${recoveryAtMost} are allowed`,
      ),
    ...outages.flatMap(({ what, ended }) => ended.map((who) => `${what}: ${who} ended`)),
    ...(mails.lost > 0 ? [`${mails.lost} mails were lost`] : []),
    ...(mails.doubled > 0 ? [`${mails.doubled} people got a mail twice`] : []),
  ].map((finding) => `${environment}: ${finding}`);

const byService = (redeploys: readonly Redeploy[]) => {
  const names = [...new Set(redeploys.map(({ service }) => service))];
  return names.map((name) => {
    const own = redeploys.filter(({ service }) => service === name);
    return [
      name,
      own.length,
      Math.max(...own.map(({ drained }) => drained)).toFixed(1),
      [...new Set(own.map(({ code }) => code))].join(", "),
    ];
  });
};

/** The tables of one environment. */
export const tablesOf = ({ environment, redeploys, load, outages, mails, footprint }: Rehearsal): string => {
  const sum = (of: (one: Footprint) => number) => footprint.reduce((all, one) => all + of(one), 0);
  const states = Object.entries(mails.states)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`);
  return [
    `## ${environment}`,
    "",
    `${load.asked} requests at ${load.perSecond.toFixed(0)} a second while everything was replaced: **${load.failures.length} failed**; half within ${load.p50} ms, 99 % within ${load.p99} ms.`,
    `Campaign to ${mails.people} people, ${mails.status}: ${states.join(", ")}; **${mails.lost} lost, ${mails.doubled} doubled**, ${mails.unknown} to decide.`,
    "",
    table(["service", "replaced", "longest drain, s", "exit codes"], byService(redeploys)),
    "",
    table(
      ["outage", "ready again after, s", "processes that ended"],
      outages.map(({ what, recoveredAfter, ended }) => [what, recoveredAfter.toFixed(1), ended.length]),
    ),
    "",
    table(
      ["service, idle", "resident MB", "fair share MB", "CPU, % of a core"],
      [
        ...footprint.map((one) => [one.service, one.residentMb, one.shareMb, one.cpuPercent]),
        [
          "all",
          sum((one) => one.residentMb),
          sum((one) => one.shareMb),
          Math.round(sum((one) => one.cpuPercent) * 100) / 100,
        ],
      ],
    ),
  ].join("\n");
};
