// Job monitors.call-webhook: posts a notice, signed as Standard Webhooks describes it, again while the other side does
// not say yes. At least once: a receiver knows a repetition by its `webhook-id`.
import { createHmac } from "node:crypto";
import type { Deps } from "../../../../shared/broker/deps.ts";
import { config } from "../../../../shared/config.ts";
import { Unrecoverable } from "../../../../shared/jobs/define.ts";
import { keyedHash } from "../../../../shared/lib/tokens.ts";
import { callOutside, OutboundFailed } from "../../../../shared/outbound/call.ts";
import { readChannels } from "../store.ts";
import { webhookBody } from "./compose.ts";
import { claimCall, findNotice, noteCall } from "./store.ts";

const answerMs = 10_000;
const claimSeconds = 20;

const secretBytes = (key: string, salt: string) => Buffer.from(keyedHash([key], "alert-webhook", salt), "base64url");

/** What the other side verifies calls with. It changes with its salt, and with the first key of LC_SECRET_KEYS. */
export const webhookSecret = (salt: string, keys: readonly string[] = config.secretKeys): string =>
  `whsec_${secretBytes(keys[0] ?? "", salt).toString("base64")}`;

/** Headers that prove who sent the text: a signature per key, so that keys can be rotated. */
export const signedHeaders = (
  { id, at, text }: { readonly id: string; readonly at: Date; readonly text: string },
  salt: string,
  keys: readonly string[] = config.secretKeys,
): Record<string, string> => {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const sign = (key: string) =>
    `v1,${createHmac("sha256", secretBytes(key, salt)).update(`${id}.${timestamp}.${text}`).digest("base64")}`;
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": keys.map(sign).join(" ") };
};

/** Posts once. Resolves with what went wrong in words, or undefined after a 2xx. Only the status of the answer counts. */
const post = async (url: string, text: string, headers: Record<string, string>, signal: AbortSignal) => {
  try {
    const { status } = await callOutside(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", "user-agent": "learning-center-alerts" },
      body: text,
      timeoutMs: answerMs,
      maxBytes: 0,
      signal,
      loopback: !config.production,
    });
    return status >= 200 && status < 300 ? undefined : `The other side answered ${status}`;
  } catch (error) {
    if (error instanceof OutboundFailed) return error.message;
    throw error;
  }
};

/**
 * Makes the call of a notice unless it was made, or another process makes it. Throws when the other side did not say yes:
 * the job tries again. `last`: there will be no other try.
 */
export const callWebhook = async (deps: Deps, id: string, signal: AbortSignal, last = false): Promise<void> => {
  const notice = await claimCall(deps.db, id, claimSeconds);
  if (!notice) {
    const known = await findNotice(deps.db, id);
    if (!known) throw new Unrecoverable(`There is no notice ${id}; it may have been deleted after 90 days`);
    if (known.webhook === "waiting") throw new Error("Another process is making this call; it is tried again");
    return;
  }
  const { webhookUrl, webhookSalt } = await readChannels(deps.db);
  if (webhookUrl === null) return noteCall(deps.db, id, "failed", "The webhook was taken away");
  const text = JSON.stringify(webhookBody(notice, notice.body));
  const problem = await post(
    webhookUrl,
    text,
    signedHeaders({ id: notice.id, at: deps.clock.now(), text }, webhookSalt),
    signal,
  );
  if (problem === undefined) return noteCall(deps.db, id, "sent", null);
  await noteCall(deps.db, id, last ? "failed" : "waiting", problem);
  throw new Error(problem);
};
