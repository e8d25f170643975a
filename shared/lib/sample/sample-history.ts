// What became of the sample's finished campaign, person by person: every state and reason that a finished one can have.
// Fixed by each person's number, and in agreement with the consent and suppressions that the same people have.
import { type SamplePerson, samplePeople } from "./sample-people.ts";

export interface SampleOutcome {
  readonly person: SamplePerson;
  /** Null when there was none. */
  readonly address: string | null;
  readonly state: "accepted" | "delivered" | "skipped" | "failed" | "bounced";
  readonly reason: string | null;
  /** The server's words. */
  readonly detail: string | null;
  readonly attempts: number;
  /** What the person did afterwards; `false`: a program that looks into mail did it. */
  readonly opened: boolean | undefined;
  readonly clicked: boolean | undefined;
  /** What the campaign itself led to, besides. */
  readonly after: "unsubscribed" | "complained" | undefined;
}

const answers = {
  hard_bounce: "550 5.1.1 The mailbox does not exist",
  rejected: "554 5.7.1 Message refused by the recipient's policy",
  gave_up: "452 4.2.2 The mailbox is full, try again later",
  unknown_closed: "The connection broke after the mail was handed over, and nobody knows whether it arrived",
} as const;

const skipReason = (person: SamplePerson): string | undefined => {
  // Two people of one shop shared an address then; the second one's was taken off since.
  if (person.n === 46) return "duplicate_address";
  if (person.email === null) return "no_address";
  if (person.suppressed === "hard_bounce") return "bounced_before";
  if (person.suppressed) return "suppressed";
  if (person.consent !== "granted") return "no_consent";
  return person.orgName === null ? "missing_field" : undefined;
};

const failureOf = (n: number): keyof typeof answers | undefined => {
  if (n % 45 === 14) return "hard_bounce";
  if (n % 80 === 26) return "rejected";
  if (n === 90) return "gave_up";
  return n === 135 ? "unknown_closed" : undefined;
};

const nobody = { opened: undefined, clicked: undefined, after: undefined } as const;

const outcomeOf = (person: SamplePerson): SampleOutcome => {
  const { n } = person;
  const shared = n === 46 ? (samplePeople[44]?.email ?? null) : person.email;
  const skipped = skipReason(person);
  if (skipped)
    return { person, address: shared, state: "skipped", reason: skipped, detail: null, attempts: 0, ...nobody };
  const failure = failureOf(n);
  if (failure) {
    const state = failure === "hard_bounce" ? "bounced" : "failed";
    const attempts = failure === "gave_up" ? 6 : 1;
    return { person, address: shared, state, reason: failure, detail: answers[failure], attempts, ...nobody };
  }
  const after = n === 61 ? "unsubscribed" : n === 63 ? "complained" : undefined;
  const read = (n * 29) % 100;
  return {
    person,
    address: shared,
    // Some providers never report more than that they took it.
    state: n % 6 === 0 ? "accepted" : "delivered",
    reason: null,
    detail: null,
    attempts: 1,
    opened: read < 46 || after !== undefined ? true : read < 58 ? false : undefined,
    clicked: read < 14 ? true : read >= 55 && read < 58 ? false : undefined,
    after,
  };
};

/** One outcome for each of the sample's people. */
export const sampleHistory: readonly SampleOutcome[] = samplePeople.map(outcomeOf);

export interface SampleAftermath {
  readonly address: string;
  readonly reason: "hard_bounce" | "complaint" | "unsubscribed";
}

const reasonAfter = ({ state, after }: SampleOutcome): SampleAftermath["reason"] | undefined => {
  if (state === "bounced") return "hard_bounce";
  return after === "complained" ? "complaint" : after;
};

/** Addresses that the campaign itself got suppressed, with the reason. */
export const sampleAftermath: readonly SampleAftermath[] = sampleHistory.flatMap((outcome) => {
  const reason = reasonAfter(outcome);
  return outcome.address !== null && reason ? [{ address: outcome.address, reason }] : [];
});
