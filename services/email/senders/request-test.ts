// A test mail on request: a row in the ledger and a job, in one transaction, then a wait for what the server said.
// It is in the ledger because "who got what" has no exceptions; it has a job because a handler has no side effects, and
// the answer is kept also when nobody waits for it any more.

import { setTimeout as delay } from "node:timers/promises";
import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { Caller } from "../../../shared/broker/context.ts";
import type { Deps } from "../../../shared/broker/deps.ts";
import { config } from "../../../shared/config.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { SenderTest } from "../../../shared/contracts/senders.ts";
import { enqueue } from "../../../shared/jobs/enqueue.ts";
import { normaliseEmail } from "../../../shared/lib/email-address.ts";
import { freezeContent } from "../../../shared/messaging/contents.ts";
import { singleDispatch } from "../../../shared/messaging/dispatches.ts";
import { addSingles } from "../../../shared/messaging/ledger.ts";
import { findReport, type TestReport } from "../../../shared/messaging/sender-tests.ts";
import { soon } from "../../../shared/messaging/soon.ts";
import { isProviderMissing } from "../../../shared/provider-missing.ts";

interface Account {
  readonly id: string;
  readonly name: string;
  readonly fromName: string;
  readonly fromAddress: string;
  readonly isPlaceholder: boolean;
}

const A_MINUTE = 5;
const WAIT_MS = 20_000;
const LOOK_MS = 100;

/** One text for all tests, so that it is stored once. */
const content = {
  subject: "Test mail from {{fromName}}",
  html: "<p>Hello,</p><p>this is a test of the sender account “{{account}}” of your Learning Center. It was sent from {{fromAddress}}. If you can read it, sending works.</p>",
  text: null,
} as const;

const limiters = new WeakMap<Deps["redis"], RateLimiterRedis>();

/** Counts a test of this person. Throws RATE_LIMITED beyond five a minute, SERVICE_UNAVAILABLE without Redis. */
const countTest = async (deps: Deps, userId: string): Promise<void> => {
  const limiter =
    limiters.get(deps.redis) ??
    new RateLimiterRedis({ storeClient: deps.redis, keyPrefix: "lc:sender-test", points: A_MINUTE, duration: 60 });
  limiters.set(deps.redis, limiter);
  const refused = await soon(deps.redis, () =>
    limiter.consume(userId).then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof RateLimiterRes) return error;
        throw error;
      },
    ),
  ).catch(() => {
    throw fail("SERVICE_UNAVAILABLE", "Redis is away for the moment. Nothing was sent; try again.", { retryAfter: 2 });
  });
  if (!refused) return;
  const retryAfter = Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
  throw fail("RATE_LIMITED", `More than ${A_MINUTE} test mails within a minute. Carry on in ${retryAfter} s.`, {
    retryAfter,
  });
};

const wrongTo = (message: string) => fail("VALIDATION_FAILED", `to: ${message}`, { errors: [{ path: "to", message }] });

/** Names that belong to nobody (RFC 2606): no provider can deliver there. */
const nobodys = /[@.](example|invalid|test|localhost)$/;

const recipient = (to: string | undefined, caller: Caller | undefined): string => {
  const asked = to ?? caller?.email;
  if (asked === undefined) throw wrongTo("is missing; expected the address that the test goes to");
  const result = normaliseEmail(asked);
  if ("problem" in result) throw wrongTo(result.problem);
  if (config.emailProvider !== "sandbox" && nobodys.test(result.email))
    throw wrongTo(`found ${result.email}, which is an example and no mailbox; expected an address of your own`);
  return result.email;
};

const refuseUnready = (account: Account): void => {
  if (config.emailProvider === "sandbox") {
    if (isProviderMissing(config))
      throw fail(
        "PROVIDER_MISSING",
        "This is production and no email provider is set. Set LC_EMAIL_PROVIDER to smtp, resend or postmark, and what it needs.",
      );
  } else if (account.isPlaceholder)
    throw fail(
      "SENDER_INCOMPLETE",
      "This account still has the sandbox's from address. Give it one of your own first.",
      {
        errors: [{ path: "fromAddress", message: "is the sandbox's; expected an address of your own" }],
      },
    );
};

const leftOut: Pick<TestReport, "meaning" | "todo"> = {
  meaning: "Nothing was sent: this address is suppressed, because mail to it bounced or somebody complained.",
  todo: "Test with another address, or lift the suppression if the address works again.",
};

/**
 * Sends a test mail from an account and waits up to 20 s for the server's answer. Throws VALIDATION_FAILED,
 * PROVIDER_MISSING, SENDER_INCOMPLETE, RATE_LIMITED.
 */
export const requestTest = async (
  deps: Deps,
  account: Account,
  to: string | undefined,
  caller: Caller | undefined,
): Promise<SenderTest> => {
  refuseUnready(account);
  const address = recipient(to, caller);
  if (deps.scope && address !== deps.scope.ownAddress)
    throw wrongTo(`found another address; you see only some communities, so your tests go to ${deps.scope.ownAddress}`);
  await countTest(deps, caller?.userId ?? "within");
  const messageId = deps.id();
  const state = await deps.db.transaction(async (trx) => {
    const contentId = await freezeContent(trx, deps.id(), { channel: "email", ...content, links: [] });
    const [added] = await addSingles(trx, [
      {
        ...{ id: messageId, source: "transactional", sourceId: singleDispatch.test, channel: "email" },
        ...{ contactId: null, address, contentId, idempotencyKey: null },
        vars: { account: account.name, fromName: account.fromName, fromAddress: account.fromAddress },
      },
    ]);
    if (added?.state === "queued")
      await enqueue(
        trx,
        "sender.test",
        { messageId, accountId: account.id },
        { lane: "high", entity: `message:${messageId}` },
      );
    return added?.state;
  });
  const nothingYet = { messageId, to: address, server: null, answer: null, transcript: [], tookMs: null };
  if (state !== "queued") return { ...nothingYet, outcome: "skipped", ...leftOut, at: deps.clock.now().toISOString() };
  const until = deps.clock.monotonic() + WAIT_MS;
  while (deps.clock.monotonic() < until) {
    const found = await findReport(deps.db, messageId);
    if (found)
      return { ...found.report, messageId, transcript: [...found.report.transcript], at: found.at.toISOString() };
    await delay(LOOK_MS);
  }
  return {
    ...nothingYet,
    outcome: "waiting",
    meaning: "The test is still under way: the part that sends mail is busy or away.",
    todo: "Look again in a minute: the result will stand at the account.",
    at: deps.clock.now().toISOString(),
  };
};
