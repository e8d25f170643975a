// Where the sandbox's SMTP server is now: asked anew for each connection, because it gets a port when it starts.
// A message is committed as handed over when this is asked, so the answer must not take long: while Redis is away, and
// with it every call between processes, the server is taken to be where it was.
import { setTimeout as delay } from "node:timers/promises";
import { callAction } from "../../shared/broker/context.ts";
import type { Deps } from "../../shared/broker/deps.ts";

const PATIENCE_MS = 4_000;
/** How long an address that is known already may be asked for again. */
const AGAIN_MS = 500;

const known = new WeakMap<Deps, string>();

const ask = async (deps: Deps): Promise<string> => {
  await deps.broker.waitForServices("sandbox", PATIENCE_MS, 200);
  const { smtpHost, smtpPort } = await callAction(deps.broker, "sandbox.endpoint", {});
  const url = `smtp://${smtpHost}:${smtpPort}`;
  known.set(deps, url);
  return url;
};

/** Its address; the last one known when nobody answers at once. Rejects when there is none within 4 s. */
export const sandboxUrl = async (deps: Deps): Promise<string> => {
  const before = known.get(deps);
  const asked = ask(deps);
  // It may fail after somebody else has won the race.
  asked.catch(() => undefined);
  const late = new AbortController();
  try {
    return await Promise.race([
      before === undefined ? asked : asked.catch(() => before),
      delay(before === undefined ? PATIENCE_MS : AGAIN_MS, undefined, { signal: late.signal }).then(() => {
        if (before !== undefined) return before;
        throw new Error(`The sandbox did not answer within ${PATIENCE_MS / 1000} s`);
      }),
    ]);
  } finally {
    late.abort();
  }
};
