// What the debug page of `npm run dev` learns of a hand-over. Costs one look at a variable where there is no such page.
import { isDebugging, note } from "../broker/debug-log.ts";
import type { Outcome } from "./outcomes.ts";

/** Notes down what came of handing one message over; `ms`: how long it took. */
export const noteOutcome = (channel: string, provider: string, id: string, ms: number, outcome: Outcome): void => {
  if (!isDebugging()) return;
  // How the provider names what it took; the sandbox says so in its answer only.
  const result =
    outcome.kind === "accepted"
      ? `accepted as ${outcome.providerMessageId ?? /queued as (\S+)/.exec(outcome.detail ?? "")?.[1] ?? "nothing"}`
      : outcome.kind;
  note("mail", `${channel} by ${provider}`, { id, ms, result });
};
