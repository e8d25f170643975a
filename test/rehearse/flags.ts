// The options of `npm run rehearse`.
import { parseArgs } from "node:util";
import { type EnvironmentName, environments } from "../../railway/layout.ts";

export interface Flags {
  readonly environments: readonly EnvironmentName[];
  /** Times that every service is replaced. */
  readonly rounds: number;
  /** Requests a second meanwhile. */
  readonly perSecond: number;
  /** At most so many mails a second, and so many people, for a number of services. */
  readonly mailsPerSecond: number;
  readonly people: (services: number) => number;
  /** The next service is replaced while the one before still drains. */
  readonly quick: boolean;
  /** Seconds that Redis is away. */
  readonly awaySeconds: number;
  /** Seconds over which idle processes are measured. */
  readonly idleSeconds: number;
  /** Seconds for which old and new run beside each other. */
  readonly overlapSeconds: number;
  /** The services that are replaced; empty: all. */
  readonly only: readonly string[];
}

const wholeNumber = (flag: string, given: string | undefined, otherwise: number): number => {
  if (given === undefined) return otherwise;
  const value = Number(given);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${flag} is "${given}", expected a whole number`);
  return value;
};

/** Reads the command line. Throws a sentence when something on it is wrong. */
export const readFlags = (args: readonly string[]): Flags => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string" },
      rate: { type: "string" },
      away: { type: "string" },
      environment: { type: "string" },
      only: { type: "string" },
      quick: { type: "boolean", default: false },
    },
  });
  const { quick, environment } = values;
  const chosen = environments.filter((name) => environment === undefined || name === environment);
  if (chosen.length === 0)
    throw new Error(`There is no environment "${environment}"; there are ${environments.join(" and ")}`);
  const rounds = wholeNumber("rounds", values.rounds, quick ? 1 : 20);
  return {
    environments: chosen,
    rounds,
    mailsPerSecond: quick ? 8 : 20,
    people: (services) => (quick ? 300 * rounds : 20 * (rounds * services * 15 + 60)),
    quick,
    perSecond: wholeNumber("rate", values.rate, quick ? 10 : 200),
    awaySeconds: wholeNumber("away", values.away, quick ? 3 : 60),
    idleSeconds: quick ? 2 : 30,
    overlapSeconds: quick ? 1 : 2,
    only: values.only?.split(",").filter(Boolean) ?? [],
  };
};
