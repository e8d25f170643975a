// Every route of OpenAPI as everybody: each role by session and by token, tokens with fewer abilities, expired, revoked and
// made-up ones, sessions that ended or prove nothing, and nobody. Who may is one table, written apart from the contracts.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Description } from "../../gateway/openapi.ts";
import type { Role } from "../../shared/contracts/accounts.ts";
import { openWorld, type World } from "../fuzz/world.ts";
import { serveGateway } from "../helpers/gateway.ts";
import { type Asker, refusalOf, refusals, whoMay } from "../helpers/who-may.ts";

const nobodysId = "01990000-0000-7000-8000-000000000001";

interface Route {
  readonly name: string;
  readonly method: string;
  readonly path: string;
}
type Headers = Readonly<Record<string, string>>;
type Ask = (
  headers: Headers,
  method: string,
  path: string,
  body?: unknown,
) => Promise<{ status: number; text: string }>;

const routesOf = ({ paths }: Description): Route[] =>
  Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => ({
        name: operationId,
        method: method.toUpperCase(),
        path: path.replace("{provider}", "postmark").replace(/\{(\w+)\}/g, nobodysId),
      })),
    )
    // Signing out comes last, or whoever does it is nobody afterwards.
    .sort((a, b) => Number(a.name === "accounts.logout") - Number(b.name === "accounts.logout"));

/** Asks the routes as one asker and answers what differs from the table. */
const compare = async (ask: Ask, routes: readonly Route[], who: string, asker: Asker, headers: Headers) => {
  const wrong: string[] = [];
  for (const { name, method, path } of routes) {
    const right = whoMay.get(name);
    if (!right) continue;
    const body = method === "GET" || method === "DELETE" ? undefined : {};
    // As a proxy would hand it on: the metrics are open to the machine itself.
    const { status, text } = await ask({ ...headers, "x-forwarded-for": "192.0.2.1" }, method, path, body);
    const expected = refusalOf(right, asker, method === "GET");
    const code = /"code":"(\w+)"/.exec(text)?.[1];
    const met = code && refusals.has(code) ? code : undefined;
    const fits = status < 500 || name === "health.ready";
    if (!fits || met !== expected)
      wrong.push(`${name} as ${who}: ${status} ${code ?? ""}, expected ${expected ?? "to be let through"}`);
  }
  return wrong;
};

describe("every route of OpenAPI", () => {
  let world: World;
  let routes: readonly Route[];
  let askers: readonly (readonly [string, Asker, Headers])[];

  beforeAll(async () => {
    world = await openWorld(16);
    routes = routesOf(JSON.parse((await world.ask({}, "GET", "/api/openapi.json")).text) as Description);
    const owner = world.people.get("owner")?.headers ?? {};
    const token = async (...abilities: string[]) => {
      const { json } = await world.ask(owner, "POST", "/api/v1/auth/tokens", { name: "matrix", abilities });
      return { id: String(json.id), headers: { authorization: `Bearer ${json.token}` } };
    };
    const signIn = async (email: string) => {
      const { json, headers } = await world.ask({}, "POST", "/api/v1/auth/login", { email, password: world.password });
      return {
        cookie: String(headers["set-cookie"]?.[0]).split(";")[0] ?? "",
        "x-csrf-token": String(json.csrfToken),
        origin: world.origin,
      };
    };
    const expired = await token("read", "write", "send", "admin");
    await world.db.query("update accounts.access_tokens set expires_at = now() - interval '1 minute' where id = $1", [
      expired.id,
    ]);
    const revoked = await token("read", "write", "send", "admin");
    await world.ask(owner, "DELETE", `/api/v1/auth/tokens/${revoked.id}`);
    const signedOut = await signIn("owner@example.org");
    await world.ask(signedOut, "POST", "/api/v1/auth/logout", {});
    const unproven = world.people.get("spare session")?.headers ?? {};
    const other = world.people.get("owner by session")?.headers ?? {};
    const gone = await world.addUser("disabled@example.org", "manager");
    const disabled = await signIn("disabled@example.org");
    await world.ask(owner, "PATCH", `/api/v1/users/${gone}`, { disabled: true });
    const spare = { role: "manager" as const, abilities: ["read", "write", "send"] as const, bySession: true };
    const single = (["read", "write", "send", "admin"] as const).map(
      async (ability) =>
        [
          `the owner's token that may ${ability}`,
          { role: "owner", abilities: [ability] },
          (await token(ability)).headers,
        ] as const,
    );
    askers = [
      ["nobody", {}, {}],
      ["an expired token", { turnedAway: "TOKEN_INVALID" }, expired.headers],
      ["a revoked token", { turnedAway: "TOKEN_INVALID" }, revoked.headers],
      ["a made-up token", { turnedAway: "TOKEN_INVALID" }, { authorization: `Bearer lc_${"0".repeat(81)}` }],
      ["a scheme nobody knows", { turnedAway: "TOKEN_INVALID" }, { authorization: "Basic b3duZXI6b3duZXI=" }],
      ["a session that signed out", {}, signedOut],
      ["somebody disabled", {}, disabled],
      ["a session without its CSRF token", { ...spare, unproven: true }, { cookie: unproven["cookie"] ?? "" }],
      [
        "a session with another's CSRF token",
        { ...spare, unproven: true },
        { ...unproven, "x-csrf-token": other["x-csrf-token"] ?? "" },
      ],
      ...(await Promise.all(single)),
      ...[...world.people]
        .filter(([name, { targets }]) => !targets && name !== "spare session")
        .map(
          ([name, { role, abilities, headers }]) =>
            [name, { role, abilities, bySession: headers["cookie"] !== undefined }, headers] as const,
        ),
    ];
  });
  afterAll(() => world.close());

  test("stands in the table of who may do what, and nothing else does", () => {
    expect(routes.map(({ name }) => name).sort()).toEqual([...whoMay.keys()].sort());
  });

  test("answers everybody by that table, and whoever may not with 401 or 403", async () => {
    expect(askers.length).toBeGreaterThan(20);
    const wrong = await Promise.all(
      askers.map(([who, asker, headers]) => compare(world.ask, routes, who, asker, headers)),
    );
    expect(wrong.flat()).toEqual([]);
  });

  test("lets only owners and managers delete or export many contacts at once", async () => {
    const bulk = (act: string, who: string) =>
      world.ask(world.people.get(who)?.headers ?? {}, "POST", "/api/v1/contacts/bulk", {
        act,
        filter: {},
        expected: 0,
      });
    for (const act of ["export", "remove"]) {
      expect([(await bulk(act, "editor")).status, (await bulk(act, "agent")).status]).toEqual([403, 403]);
      expect((await bulk(act, "manager")).json.code).toBe("BULK_COUNT_CHANGED");
    }
  });
});

describe("a mistake in a contract", () => {
  /** Rights found wrong when one contract of a small gateway is changed before it starts. */
  const found = async (change: Readonly<Record<string, unknown>>, as: Role): Promise<string[]> => {
    const gateway = await serveGateway({
      prepare: async () => {
        const { publicActions } = await import("../../gateway/operations.ts");
        const action = publicActions.find(({ name }) => name === "campaigns.remove");
        Object.assign(action?.contract ?? {}, change);
      },
    });
    try {
      await gateway.addUser("somebody@example.org", as);
      const headers = await gateway.signIn("somebody@example.org");
      const ask: Ask = (given, method, path, body) => gateway.ask({ headers: given, method, path, body });
      const abilities = { viewer: ["read"], agent: ["read", "write"] } as const;
      const asker = { role: as, abilities: abilities[as as "viewer" | "agent"], bySession: true };
      const route = { name: "campaigns.remove", method: "DELETE", path: `/api/v1/campaigns/${nobodysId}` };
      const wrong = await compare(ask, [route], as, asker, headers);
      // Behind this gateway there is no service, so whoever is let through meets 503.
      return wrong;
    } finally {
      await gateway.close();
    }
  };

  test("is found when a permission was lowered or roles were forgotten, and only then", async () => {
    expect(await found({}, "viewer")).toEqual([]);
    expect(await found({ permission: "read", roles: undefined }, "viewer")).toEqual([
      "campaigns.remove as viewer: 503 SERVICE_UNAVAILABLE, expected ABILITY_MISSING",
    ]);
    expect(await found({ roles: undefined }, "agent")).toEqual([
      "campaigns.remove as agent: 503 SERVICE_UNAVAILABLE, expected ABILITY_MISSING",
    ]);
  });
});

test("no path is served that neither OpenAPI nor this list names", async () => {
  const { describeApi } = await import("../../gateway/openapi.ts");
  const hooks = {
    resendSecrets: ["whsec_bWFkZSB1cCBmb3IgdGhpcyB0ZXN0"],
    postmarkLogins: ["a:b"],
    ses: { topics: ["arn:aws:sns:eu-west-1:1:t"], fetchCertificate: async () => "" },
    sendgridKeys: [],
    door: { wrongPerMinute: 120, atOnce: 50 },
  };
  const gateway = await serveGateway({ settings: { debug: true, hooks } });
  try {
    const { aliases } = gateway.broker.getLocalService("gateway") as unknown as {
      aliases: readonly { method: string; fullPath: string }[];
    };
    const served = aliases.map(
      ({ method, fullPath }) => `${method} ${fullPath.replace(/\/email\/\w+$/, "/email/:provider")}`,
    );
    const { paths } = describeApi("1", "https://learn.example.org");
    const told = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`),
    );
    // Health is served beside the gateway, before it is there.
    const besides = ["GET /debug", "GET /debug/refresh.js", "GET /gateway.css"];
    expect([...new Set(served)].sort()).toEqual(
      [...told.filter((path) => !path.includes("/health/")), ...besides].sort(),
    );
  } finally {
    await gateway.close();
  }
});
