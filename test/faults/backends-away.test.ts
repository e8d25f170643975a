// Redis or Postgres is not there: at the start, in the middle, without a word. Every call is answered soon, by a 503 that
// says when to try again; nobody has to start anything again, and the same processes carry on. The same for a group.
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { livingNotes } from "../../scripts/start/run-files.ts";
import { type House, openHouse } from "../helpers/house.ts";
import { owner, ownerToken } from "../helpers/owner-token.ts";
import { until } from "../helpers/processes.ts";
import { startPlatform } from "../helpers/processes-platform.ts";

interface Seen {
  readonly call: string;
  readonly status: number;
  readonly retryAfter: string | null;
  readonly type: string | null;
  readonly code: string | undefined;
  readonly requestId: string | undefined;
}

const ask = async (base: string, token: string, call: string, body?: unknown): Promise<Seen> => {
  const [method = "", path = ""] = call.split(" ");
  const response = await fetch(base + path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body ? { "content-type": "application/json" } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
    // Whoever asks waits no longer, however busy the machine is.
    signal: AbortSignal.timeout(30_000),
  });
  const answer = (await response.json()) as { code?: string; requestId?: string };
  return {
    call,
    status: response.status,
    retryAfter: response.headers.get("retry-after"),
    type: response.headers.get("content-type"),
    code: answer.code,
    requestId: answer.requestId,
  };
};

/** Calls that need both; the sandbox's mailbox needs neither once the token is known. */
const calls = (base: string, token: string) => [
  ask(base, token, "POST /api/v1/auth/login", owner),
  ask(base, token, "GET /api/v1/contacts?limit=1"),
  ask(base, token, "POST /api/v1/communities", { name: `c${performance.now()}` }),
  ask(base, token, "GET /api/v1/campaigns"),
];

/** Asks everything at once, and expects of each answer that it is a 503 that is complete. */
const expectAway = async (base: string, token: string) => {
  for (const seen of await Promise.all(calls(base, token))) {
    expect(seen).toMatchObject({
      status: 503,
      type: "application/problem+json",
      retryAfter: expect.stringMatching(/^[1-9]\d*$/),
      code: expect.stringMatching(/^(NOT_READY|SERVICE_UNAVAILABLE)$/),
      requestId: expect.any(String),
    });
  }
};

describe("servers of their own", () => {
  let house: House;
  let base = "";
  let token = "";
  const ended: string[] = [];

  const start = async (name: string, folders: readonly string[]) => {
    const group = await house.start(name, folders, false);
    void group.exited.then((how) => ended.push(`${name} ended with ${how}`));
    return group;
  };
  const startOthers = () =>
    start(
      "others",
      ["contacts", "campaigns", "scheduler", "sandbox", "email"].map((group) => `services/${group}`),
    );
  const allAnswer = () =>
    until(
      "every call is answered as before",
      async () => (await Promise.all(calls(base, token))).every(({ status }) => status === 200 || status === 201),
      { everyMs: 250 },
    );

  beforeAll(async () => {
    house = await openHouse();
    await Promise.all([house.redis.stop(), house.postgres.stop()]);
    const gateway = await start("gateway", ["gateway"]);
    await startOthers();
    base = `http://127.0.0.1:${gateway.port}`;
  });
  afterAll(() => house.close());

  const missing = async (): Promise<string> => {
    const response = await fetch(`${base}/health/ready`);
    return response.status === 200 ? "" : ((await response.json()) as { missing: string[] }).missing.join("; ");
  };

  test("that are not there at the start are waited for, by name, and found when they come", async () => {
    await until("health is live", async () => (await fetch(`${base}/health/live`)).status === 200);
    expect(await missing()).toMatch(/Postgres: .*Redis: /);
    await expectAway(base, token);
    await house.postgres.restart();
    await until("only Redis is missing", async () => /^Redis: /.test(await missing()));
    await expectAway(base, token);
    await house.redis.restart();
    await until("everything is there", async () => (await missing()) === "");
    token = await ownerToken(base);
    await allAnswer();
    const said = house.running.get("gateway")?.logs() ?? "";
    expect(said).toMatch(/waiting for Postgres: .*Redis: no connection/);
    expect(said).toContain("Postgres and Redis answer");
    expect(ended).toEqual([]);
  });

  test.each(["stop", "kill9"] as const)("Redis gone by %s: 503, and all is well when it is back", async (how) => {
    await house.redis[how]();
    await expectAway(base, token);
    await until("health says so", async () => /Redis: /.test(await missing()));
    await expectAway(base, token);
    await house.redis.restart();
    await allAnswer();
    expect(ended).toEqual([]);
  });

  test.each(["fast", "immediate"] as const)(
    "Postgres stopped %s: 503, and all is well when it is back",
    async (how) => {
      await house.postgres.stop(how);
      await expectAway(base, token);
      // Impatience is no wrong password: it must not lead to "too many attempts" afterwards.
      await Promise.all(Array.from({ length: 12 }, () => ask(base, token, "POST /api/v1/auth/login", owner)));
      await until("health says so", async () => /Postgres: /.test(await missing()));
      await expectAway(base, token);
      await house.postgres.restart();
      await allAnswer();
      expect(ended).toEqual([]);
    },
  );

  test("Redis that no longer answers: 503", async () => {
    process.kill(house.redis.pid(), "SIGSTOP");
    try {
      await expectAway(base, token);
    } finally {
      process.kill(house.redis.pid(), "SIGCONT");
    }
    await allAnswer();
    expect(ended).toEqual([]);
  });

  test("Postgres that no longer answers: 503 when a call's time is up", async () => {
    const children = execFileSync("pgrep", ["-P", String(house.postgres.pid())], { encoding: "utf8" });
    const pids = [house.postgres.pid(), ...children.trim().split("\n").map(Number)];
    const signal = (name: NodeJS.Signals) => {
      for (const pid of pids) process.kill(pid, name);
    };
    signal("SIGSTOP");
    try {
      await expectAway(base, token);
      await until("health says so", async () => /Postgres: /.test(await missing()));
      await expectAway(base, token);
    } finally {
      signal("SIGCONT");
    }
    await allAnswer();
    expect(ended).toEqual([]);
  });

  test("a group killed hard: 503 until its silence is noticed, then every call goes to the new process", async () => {
    ended.length = 0;
    await house.running.get("others")?.kill9();
    await startOthers();
    await until("calls are answered ten times in a row", async () => {
      for (let round = 0; round < 10; round++)
        for (const { status } of await Promise.all(calls(base, token))) {
          expect([200, 201, 503]).toContain(status);
          if (status === 503) return false;
        }
      return true;
    });
    expect(ended).toEqual(["others ended with SIGKILL"]);
  });
});

test("the embedded Postgres and the private Redis killed hard: nothing but 503 until the supervisor has them back", async () => {
  const platform = await startPlatform({
    env: { LC_SAMPLE: "0", LC_ADMIN_EMAIL: owner.email, LC_ADMIN_PASSWORD: owner.password, LC_RATE_LIMIT: "100000" },
  });
  const base = platform.url;
  const token = await ownerToken(base);
  const pidOf = (name: string) => livingNotes(platform.dataDir).find((note) => note.name === name)?.pid ?? 0;
  const apps = [pidOf("gateway"), pidOf("email")];
  for (const name of ["postgres", "redis"]) {
    const before = pidOf(name);
    process.kill(before, "SIGKILL");
    await until(
      "every call is answered as before",
      async () => {
        const seen = await Promise.all(calls(base, token));
        for (const { status, retryAfter } of seen) {
          // A short absence is waited out by the call itself.
          expect([200, 201, 503]).toContain(status);
          if (status === 503) expect(retryAfter).toMatch(/^[1-9]/);
        }
        return pidOf(name) !== before && seen.every(({ status }) => status < 300);
      },
      { everyMs: 100 },
    );
  }
  expect([pidOf("gateway"), pidOf("email")]).toEqual(apps);
  expect(await platform.stop()).toBe(0);
});
