// Job sender.test: hands one test mail over on connections of its own, so that it meets the server as it is now, without
// the pool, its breaker or a pause. In the ledger it goes the way of every message; a second run of the job sends nothing.
import { setTimeout as delay } from "node:timers/promises";
import { config } from "../../../shared/config.ts";
import { type JobRun, retryLater } from "../../../shared/jobs/define.ts";
import { commitHandOff, skipClaimed } from "../../../shared/messaging/claim.ts";
import { type Dispatch, type SenderAccount, singleDispatch } from "../../../shared/messaging/dispatches.ts";
import { findMessage } from "../../../shared/messaging/message-rows.ts";
import { recordOutcomes } from "../../../shared/messaging/outcomes.ts";
import { senderAccount } from "../../../shared/messaging/sender-accounts.ts";
import { claimTest, closeTest, keepReport, type TestReport } from "../../../shared/messaging/sender-tests.ts";
import type { OutgoingMessage } from "../../../shared/messaging/transport.ts";
import { createEmailTransport } from "../deliver.ts";
import { configuredProvider } from "../providers/configured.ts";
import type { ProviderOutcome } from "../providers/provider.ts";
import { sandboxUrl } from "../sandbox-url.ts";
import { explainAnswer } from "./explain-answer.ts";

const LEASE_SECONDS = 30;
/** For everything, and below that for one connection and one answer: the person who asked waits at most 20 s. */
const ALL_MS = 16_000;
const CONNECT_MS = 6_000;
const ANSWER_MS = 12_000;

const dispatchOf = (sender: SenderAccount): Dispatch => ({
  source: "transactional",
  sourceId: singleDispatch.test,
  lane: "transactional",
  status: "running",
  ratePerSecond: null,
  contentId: null,
  bulk: false,
  trace: null,
  sender,
});

const permitted = (address: string): boolean =>
  config.sendAllowlist.length === 0 ||
  config.sendAllowlist.includes(address) ||
  config.sendAllowlist.includes(address.slice(address.lastIndexOf("@") + 1));

const words: Readonly<Record<ProviderOutcome["kind"], TestReport["outcome"]>> = {
  accepted: "accepted",
  rejected: "refused",
  transient: "refused",
  throttled: "refused",
  not_sent: "failed",
  unknown: "no_answer",
};

interface Tried {
  readonly outcome: ProviderOutcome;
  readonly transcript: TestReport["transcript"];
  readonly tookMs: number;
}

/** Hands it over once and listens. What happens is the outcome, never an exception. */
const attempt = async (run: JobRun, message: OutgoingMessage): Promise<Tried> => {
  const { deps } = run;
  const begun = deps.clock.monotonic();
  const since = () => Math.round(deps.clock.monotonic() - begun);
  const transcript: TestReport["transcript"][number][] = [];
  const provider = configuredProvider(
    { ...config, smtpConnections: 1 },
    {
      clock: deps.clock,
      answerMs: ANSWER_MS,
      connectMs: CONNECT_MS,
      sandboxUrl: () => sandboxUrl(deps),
      traceOf: (server) => (from, text) => transcript.push({ server, from, text: text.slice(0, 4_000), ms: since() }),
    },
  );
  const transport = createEmailTransport(
    {
      db: deps.db,
      clock: deps.clock,
      publicUrl: config.publicUrl,
      secretKeys: config.secretKeys,
      bounceAddress: config.bounceAddress,
    },
    provider,
  );
  const late = new AbortController();
  try {
    const outcome = await Promise.race<ProviderOutcome>([
      transport.prepare(message).then((handOver) => handOver()),
      delay(ALL_MS, undefined, { signal: late.signal }).then(() => ({
        kind: "unknown",
        detail: `No final answer within ${ALL_MS / 1000} seconds`,
      })),
    ]);
    return { outcome, transcript: [...transcript], tookMs: since() };
  } finally {
    late.abort();
    await transport.close();
  }
};

/** What the ledger keeps: one try, and no address is held for dead because a server that is being set up says so. */
const forLedger = (outcome: ProviderOutcome): ProviderOutcome => {
  if (outcome.kind === "rejected") return { ...outcome, suppress: false };
  if (outcome.kind === "throttled" || outcome.kind === "not_sent")
    return { ...outcome, kind: "transient", detail: outcome.detail };
  return outcome;
};

const reportOf = (to: string, { outcome, transcript, tookMs }: Tried): TestReport => {
  const said = transcript.filter(({ from }) => from === "server");
  const last = said.at(-1);
  // Accepted over HTTP the detail is empty: the answer is what the server said last.
  const answer = outcome.detail ?? last?.text ?? null;
  const server = outcome.provider ?? transcript.at(-1)?.server ?? config.emailProvider;
  const neverAsked = said.length === 0 && outcome.kind !== "accepted" && outcome.kind !== "unknown";
  return {
    outcome: neverAsked ? "failed" : words[outcome.kind],
    to,
    server,
    answer: config.emailProvider === "sandbox" || config.emailProvider === "smtp" ? answer : (last?.text ?? answer),
    transcript,
    tookMs,
    ...explainAnswer(outcome, { sandbox: config.emailProvider === "sandbox", said: said.length > 0 }),
  };
};

/** Runs one test. Nothing happens when it was handed over before, or its account is gone. */
export const runTest = async (
  { messageId, accountId }: { readonly messageId: string; readonly accountId: string },
  run: JobRun,
): Promise<void> => {
  const { deps } = run;
  const sender = await senderAccount(deps.db, accountId);
  if (!sender) return closeTest(deps.db, messageId, "The sender account was deleted");
  const attemptId = deps.id();
  const claimed = await claimTest(deps.db, messageId, attemptId, LEASE_SECONDS);
  if (!claimed) {
    // A run that broke off before the hand-over: its claim comes back with the lease.
    if ((await findMessage(deps.db, messageId))?.state === "claimed")
      throw retryLater(5_000, "claimed by an earlier run");
    return;
  }
  const keep = (report: TestReport) =>
    deps.db.transaction((trx) => keepReport(trx, { messageId, accountId, report, at: deps.clock.now() }));
  if (!permitted(claimed.address)) {
    await skipClaimed(deps.db, [messageId], attemptId, "not_on_allowlist");
    return keep({
      ...{ outcome: "skipped", to: claimed.address, server: null, answer: null, transcript: [], tookMs: null },
      meaning: "This installation sends to listed addresses only (LC_SEND_ALLOWLIST), and this one is not listed.",
      todo: "Test with a listed address, or add this one to the list.",
    });
  }
  const deadline = deps.clock.monotonic() + LEASE_SECONDS * 1000;
  const ours = await commitHandOff(deps.db, [messageId], [attemptId], config.emailProvider, LEASE_SECONDS);
  if (!ours.has(messageId)) return;
  const tried = await attempt(run, { ...claimed, attemptId, dispatch: dispatchOf(sender), deadline });
  await recordOutcomes(
    deps.db,
    "email",
    [
      {
        ...{ id: messageId, attemptId, sourceId: singleDispatch.test, attempts: 1, address: claimed.address },
        outcome: forLedger(tried.outcome),
        at: deps.clock.now(),
      },
    ],
    { maxAttempts: 1, backoffMs: () => 0 },
  );
  await keep(reportOf(claimed.address, tried));
};
