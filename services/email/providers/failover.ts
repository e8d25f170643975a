// Several providers as one: a mail goes to the idlest that may be asked, and on to the next when that one said no.
// Guarantees: never on to another after `unknown` or `rejected`, never twice to the same one, nothing in the last two
// seconds of the lease. Each provider has a breaker and a pause of its own; the others carry on.
import type { Clock } from "../../../shared/lib/clock.ts";
import { redact } from "../../../shared/lib/redact.ts";
import { SEND_MARGIN_MS } from "../../../shared/messaging/transport.ts";
import { type Breaker, type BreakerOptions, createBreaker } from "./breaker.ts";
import type { EmailProvider, OutgoingMail, ProviderOutcome } from "./provider.ts";

export interface FailoverOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly breaker?: BreakerOptions;
}

interface Member {
  readonly provider: EmailProvider;
  readonly breaker: Breaker;
  underWay: number;
  /** What it said when it last said no, for the answer when nobody can be asked. */
  lastNo: string;
}

/** Nobody can be asked before: a shorter pause would only make the sender turn in circles. */
const SHORTEST_WAIT_MS = 50;

/** The providers in the order of preference among equally idle ones. One alone gets the breaker all the same. */
export const createFailover = (providers: readonly EmailProvider[], options: FailoverOptions): EmailProvider => {
  const { clock, name } = options;
  const members: readonly Member[] = providers.map((provider) => ({
    provider,
    breaker: createBreaker(clock, options.breaker),
    underWay: 0,
    lastNo: "",
  }));

  const idlest = (candidates: readonly Member[]): Member | undefined => {
    let best: Member | undefined;
    for (const member of candidates)
      if (
        member.breaker.waitMs() === 0 &&
        !member.breaker.trial &&
        (!best || member.underWay / member.provider.concurrency < best.underWay / best.provider.concurrency)
      )
        best = member;
    return best;
  };

  const ask = async (member: Member, mail: OutgoingMail): Promise<ProviderOutcome> => {
    const leave = member.breaker.enter();
    member.underWay++;
    let outcome: ProviderOutcome | undefined;
    try {
      outcome = await member.provider.send(mail);
    } finally {
      member.underWay--;
      leave(outcome);
    }
    if (outcome.kind === "accepted") member.lastNo = "";
    else if (outcome.detail) member.lastNo = outcome.detail;
    return members.length === 1 ? outcome : { ...outcome, provider: member.provider.name };
  };

  /** Everybody who could be asked was, or must not be: the word that costs the mail least and is still true. */
  const nobodyLeft = (said: ProviderOutcome | undefined): ProviderOutcome => {
    if (said?.kind === "transient") return said;
    const waits = members.map((member) => member.breaker.waitMs());
    const retryAfterMs = Math.max(SHORTEST_WAIT_MS, Math.min(...waits));
    const detail = said?.detail ?? members[waits.indexOf(Math.min(...waits))]?.lastNo;
    return { ...said, kind: "throttled", detail: detail || "No provider can be asked now", retryAfterMs };
  };

  return {
    name,
    concurrency: Math.max(...providers.map(({ concurrency }) => concurrency)),
    prepare: (mail) => members[0]?.provider.prepare(mail),
    async send(mail) {
      let left = members;
      let said: ProviderOutcome | undefined;
      for (;;) {
        const member = idlest(left);
        if (!member) {
          const trials = left.flatMap(({ breaker }) => breaker.trial ?? []);
          if (said?.kind === "transient" || trials.length === 0) return nobodyLeft(said);
          await Promise.race(trials);
          continue;
        }
        if (mail.deadline - clock.monotonic() < SEND_MARGIN_MS)
          return said ? nobodyLeft(said) : { kind: "not_sent", detail: "The lease was nearly over" };
        const outcome = await ask(member, mail);
        if (outcome.kind !== "transient" && outcome.kind !== "throttled") return outcome;
        if (said?.kind !== "transient") said = outcome;
        left = left.filter((other) => other !== member);
      }
    },
    status: () =>
      members.map(({ provider, breaker, underWay, lastNo }) => ({
        name: provider.name,
        state: breaker.state,
        waitMs: Math.round(breaker.waitMs()),
        underWay,
        concurrency: provider.concurrency,
        said: lastNo ? redact(lastNo).slice(0, 300) : null,
      })),
    async close() {
      await Promise.all(members.map(({ provider }) => provider.close()));
    },
  };
};
