// LC_SECRET_KEYS while it is rotated: whatever the old key made keeps working beside the new one, new things are made with
// the new one, and without the old one all of it has ended. One line per kind of thing that a key makes.
import { createHmac, createSecretKey } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeLinkToken, readLinkToken } from "../../gateway/accounts/link-token.ts";
import { csrfTokenOf } from "../../gateway/auth/csrf.ts";
import { createSessions } from "../../gateway/auth/sessions.ts";
import { signedHeaders, webhookSecret } from "../../services/scheduler/monitors/notices/call-webhook.ts";
import { erasedAddress, joinSuppressions } from "../../shared/consent/erased-addresses.ts";
import { connectPostgres, type Db, query } from "../../shared/db/knex.ts";
import { systemClock } from "../../shared/lib/clock.ts";
import { messageOfReturnPath, returnPath } from "../../shared/lib/return-path.ts";
import { keyedHashFits, messageToken, openToken, readMessageToken, signToken } from "../../shared/lib/tokens.ts";
import { connectRedis } from "../../shared/streams/connections.ts";
import { serveGateway } from "../helpers/gateway.ts";
import { freshDatabase, freshRedis } from "../helpers/infrastructure.ts";

const old = ["old-key-of-at-least-32-characters-1"];
const both = ["new-key-of-at-least-32-characters-2", ...old];
const fresh = both.slice(0, 1);
const id = "01990000-0000-7000-8000-000000000001";
const bounces = "bounces@example.org";
type Ring = readonly string[];

const redisUrl = freshRedis().url;
const redis = connectRedis(redisUrl, "test");
let database: Awaited<ReturnType<typeof freshDatabase>>;
let db: Db;

beforeAll(async () => {
  database = await freshDatabase();
  db = connectPostgres(database.url, 1, "test");
});
afterAll(async () => {
  redis.disconnect();
  await db.destroy();
  await database.drop();
});

const suppressed = async (ring: Ring): Promise<boolean> => {
  const { joins, reason } = joinSuppressions("a.channel", "a.address", undefined, ring);
  const [row] = await query<{ reason: string | null }>(
    db,
    `select ${reason} as reason from (values ('email', 'ada@example.org')) as a (channel, address) ${joins.sql}`,
    joins.bindings,
  );
  return row?.reason === "erased";
};

/** What a receiver of our webhooks does with the secret that it was given. */
const verifies = (secret: string, headers: Record<string, string>): boolean => {
  const key = createSecretKey(Buffer.from(secret.slice("whsec_".length), "base64"));
  const text = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.{}`;
  const expected = `v1,${createHmac("sha256", key).update(text).digest("base64")}`;
  return (headers["webhook-signature"] ?? "").split(" ").includes(expected);
};
const notice = { id, at: new Date(0), text: "{}" };

interface Kind {
  readonly name: string;
  readonly make: (ring: Ring) => string | Promise<string>;
  readonly holds: (ring: Ring, thing: string) => boolean | Promise<boolean>;
}

const kinds: readonly Kind[] = [
  ...(["open", "click", "unsubscribe"] as const).map((purpose) => ({
    name: `links to ${purpose}`,
    make: (ring: Ring) => messageToken(ring, purpose, id),
    holds: (ring: Ring, token: string) => readMessageToken(ring, purpose, token)?.messageId === id,
  })),
  {
    name: "return paths of mails",
    make: (ring) => returnPath(ring, bounces, id),
    holds: (ring, address) => messageOfReturnPath(ring, `To: ${address}`) === id,
  },
  ...(["invite", "password"] as const).map((purpose) => ({
    name: `links of ${purpose}s`,
    make: (ring: Ring) => makeLinkToken(ring, purpose, id).token,
    holds: (ring: Ring, token: string) => readLinkToken(ring, purpose, token)?.id === id,
  })),
  {
    name: "sessions",
    make: async (ring) => {
      const person = { userId: id, email: "ada@example.org", role: "owner" } as never;
      const begun = await createSessions(redis, systemClock, ring).begin(
        person,
        { userAgent: "", address: "" },
        new Date(),
      );
      return begun.cookie;
    },
    holds: async (ring, cookie) => {
      const sessions = createSessions(redis, systemClock, ring);
      const opened = sessions.open(cookie);
      return opened !== undefined && (await sessions.read(opened.sessionId)) !== undefined;
    },
  },
  {
    name: "tokens against foreign pages",
    make: (ring) => csrfTokenOf(ring, "session"),
    holds: (ring, token) => keyedHashFits(ring, "csrf", "session", token),
  },
  {
    name: "calls of alerts, for a receiver that has this secret",
    make: (ring) => webhookSecret("salt", ring),
    holds: (ring, secret) => verifies(secret, signedHeaders(notice, "salt", ring)),
  },
  {
    name: "suppressions of erased people",
    make: async (ring) => {
      const address = erasedAddress("ada@example.org", ring);
      await query(db, "delete from consent.suppressions");
      await query(
        db,
        "insert into consent.suppressions (id, channel, address, reason) values (?, 'email', ?, 'erased')",
        [id, address],
      );
      return address;
    },
    holds: (ring) => suppressed(ring),
  },
];

describe.each(kinds)("$name", ({ make, holds }) => {
  test("of the old key hold beside a new one, and end with the old one", async () => {
    const thing = await make(old);
    expect(await holds(old, thing)).toBe(true);
    expect(await holds(both, thing)).toBe(true);
    expect(await holds(fresh, thing)).toBe(false);
  });

  test("are made with the new key from then on", async () => {
    const thing = await make(both);
    expect(await holds(fresh, thing)).toBe(true);
    expect(await holds(old, thing)).toBe(false);
  });
});

test("over HTTP: a cookie and a token of the old key are taken while it is there, and of a key that is gone they are not", async () => {
  const gateway = await serveGateway({ settings: { secretKeys: both } });
  const { cookie } = await gateway.signIn();
  const [name = "", value = ""] = cookie.split("=");
  const payload = openToken(both, "session", value) ?? new Uint8Array();
  const sessionId = Buffer.from(payload.subarray(0, 16)).toString("hex");
  /** What a process with this key would have given to the same session. */
  const givenBy = (ring: Ring) => ({
    cookie: `${name}=${signToken(ring, "session", payload)}`,
    "x-csrf-token": csrfTokenOf(ring, sessionId),
    origin: `http://127.0.0.1:${gateway.port}`,
  });
  const me = async (ring: Ring) => (await gateway.ask({ path: "/api/v1/auth/me", headers: givenBy(ring) })).status;
  const gone = ["gone-key-of-at-least-32-characters-0"];
  expect([await me(fresh), await me(old), await me(gone)]).toEqual([200, 200, 401]);
  const logout = (headers: Record<string, string>) =>
    gateway.ask({ method: "POST", path: "/api/v1/auth/logout", headers });
  expect((await logout({ ...givenBy(old), "x-csrf-token": csrfTokenOf(gone, sessionId) })).status).toBe(403);
  expect((await logout(givenBy(old))).status).toBeLessThan(300);
  expect(await me(fresh)).toBe(401);
  await gateway.close();
});
