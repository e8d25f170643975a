// Several providers as one, by a clock that the test turns: who is asked, who pauses, and what must never be sent on.
import { expect, test } from "vitest";
import { serverNames } from "../../services/email/providers/configured.ts";
import { createFailover } from "../../services/email/providers/failover.ts";
import type { EmailProvider, OutgoingMail, ProviderOutcome } from "../../services/email/providers/provider.ts";

const accepted: ProviderOutcome = { kind: "accepted", providerMessageId: "1", detail: null };
const gone: ProviderOutcome = { kind: "throttled", detail: "gone", retryAfterMs: 100, fault: true };
const slowDown: ProviderOutcome = { kind: "throttled", detail: "slow down", retryAfterMs: 5_000 };
const later: ProviderOutcome = { kind: "transient", detail: "later" };

/** Providers that say what `word` says now, and count how often they are asked. */
const scripted = (...names: readonly string[]) => {
  let now = 1_000;
  const word: Record<string, ProviderOutcome | Promise<ProviderOutcome>> = {};
  const asked: string[] = [];
  const providers = names.map(
    (name): EmailProvider => ({
      name,
      concurrency: 4,
      prepare: () => undefined,
      send: async () => {
        asked.push(name);
        return word[name] ?? accepted;
      },
      close: async () => undefined,
    }),
  );
  const failover = createFailover(providers, {
    name: "pool",
    clock: { now: () => new Date(now), monotonic: () => now },
    breaker: { faults: 3, pauseMs: 1_000, longestMs: 4_000 },
  });
  const mail = (leaseMs = 1e9): OutgoingMail => ({
    envelope: { from: "a@b.example", to: "c@d.example" },
    key: "k",
    deadline: now + leaseMs,
    raw: () => Buffer.from(""),
    parts: () => {
      throw new Error("nobody asks for parts here");
    },
  });
  return {
    word,
    send: (leaseMs?: number) => failover.send(mail(leaseMs)),
    after: (ms: number) => {
      now += ms;
    },
    /** Who was asked since the last look. */
    asked: () => asked.splice(0),
  };
};

test("the first is asked, and the next only after a no", async () => {
  const p = scripted("a", "b");
  expect(await p.send()).toMatchObject({ kind: "accepted", provider: "a" });
  p.word["a"] = later;
  expect(await p.send()).toMatchObject({ kind: "accepted", provider: "b" });
  expect(p.asked()).toEqual(["a", "a", "b"]);
});

test.each(["unknown", "rejected"] as const)("nobody else is asked after %s", async (kind) => {
  const p = scripted("a", "b");
  p.word["a"] = kind === "unknown" ? { kind, detail: "?" } : { kind, detail: "no", suppress: false };
  expect(await p.send()).toMatchObject({ kind, provider: "a" });
  expect(p.asked()).toEqual(["a"]);
});

test("mails go to the idlest provider", async () => {
  const p = scripted("a", "b");
  const { promise, resolve } = Promise.withResolvers<ProviderOutcome>();
  p.word["a"] = promise;
  const first = p.send();
  await p.send();
  resolve(accepted);
  await first;
  expect(p.asked()).toEqual(["a", "b"]);
});

test("a throttle pauses only the one that asked for it, and when all do, the shortest pause counts", async () => {
  const p = scripted("a", "b");
  p.word["a"] = slowDown;
  await p.send();
  await p.send();
  expect(p.asked()).toEqual(["a", "b", "b"]);
  p.word["b"] = { ...slowDown, retryAfterMs: 2_000 };
  expect(await p.send()).toMatchObject({ kind: "throttled", retryAfterMs: 2_000 });
  p.after(500);
  expect(await p.send()).toMatchObject({ kind: "throttled", retryAfterMs: 1_500, detail: "slow down" });
  expect(p.asked()).toEqual(["b"]);
  p.word["a"] = accepted;
  p.after(4_500);
  expect(await p.send()).toMatchObject({ provider: "a" });
});

test("the breaker opens after faults in a row, lets one try after its pause, and pauses longer when that fails", async () => {
  const p = scripted("a");
  p.word["a"] = { kind: "transient", detail: "broken", fault: true };
  for (let i = 0; i < 3; i++) await p.send();
  expect(p.asked()).toHaveLength(3);
  expect(await p.send()).toMatchObject({ kind: "throttled", retryAfterMs: 1_000, detail: "broken" });
  p.after(1_000);
  await p.send();
  expect(await p.send()).toMatchObject({ kind: "throttled", retryAfterMs: 2_000 });
  p.after(2_000);
  p.word["a"] = accepted;
  expect((await p.send()).kind).toBe("accepted");
  expect(p.asked()).toHaveLength(2);
  p.word["a"] = { kind: "transient", detail: "broken", fault: true };
  await p.send();
  expect((await p.send()).kind).toBe("transient");
});

test("a no about the mail itself is no fault, and forgives earlier ones", async () => {
  const p = scripted("a");
  for (let i = 0; i < 10; i++) {
    p.word["a"] = i % 3 === 2 ? later : { ...later, fault: true };
    expect((await p.send()).kind).toBe("transient");
  }
  expect(p.asked()).toHaveLength(10);
});

test("while one mail tries a provider, the others wait for its word instead of being thrown back", async () => {
  const p = scripted("a");
  p.word["a"] = gone;
  for (let i = 0; i < 3; i++) {
    await p.send();
    p.after(100);
  }
  p.after(10_000);
  p.asked();
  const { promise, resolve } = Promise.withResolvers<ProviderOutcome>();
  p.word["a"] = promise;
  const sends = [p.send(), p.send(), p.send()];
  expect(p.asked()).toEqual(["a"]);
  p.word["a"] = accepted;
  resolve(accepted);
  expect((await Promise.all(sends)).map(({ kind }) => kind)).toEqual(["accepted", "accepted", "accepted"]);
});

test("nothing is handed over in the last two seconds of the lease", async () => {
  const p = scripted("a", "b");
  expect(await p.send(1_999)).toMatchObject({ kind: "not_sent" });
  expect(p.asked()).toEqual([]);
  const { promise, resolve } = Promise.withResolvers<ProviderOutcome>();
  p.word["a"] = promise;
  const slow = p.send(10_000);
  p.after(9_000);
  resolve(later);
  expect(await slow).toMatchObject({ kind: "transient", detail: "later" });
  expect(p.asked()).toEqual(["a"]);
});

test("the ledger's names of servers tell them apart and hold no credentials", () => {
  expect(serverNames(["smtp://u:p@one.example:25"])).toEqual(["smtp"]);
  expect(serverNames(["smtp://u:p@one.example:25", "smtps://two.example"])).toEqual([
    "smtp:one.example",
    "smtp:two.example",
  ]);
  expect(serverNames(["smtp://one.example:25", "smtp://one.example:26"])).toEqual([
    "smtp:one.example:25",
    "smtp:one.example:26",
  ]);
});
