// Runs requests against all operations at once, a property for each, and says what was found, shrunk to a short request
// and with the seed that leads to it again.
import fc from "fast-check";
import type { Description } from "../../gateway/openapi.ts";
import { ownOperations } from "../../gateway/openapi-own.ts";
import { publicActions } from "../../gateway/operations.ts";
import type { Answer, Sent } from "./client.ts";
import { createJudge } from "./judge.ts";
import { attacksOn, attacksOnRoute } from "./request.ts";
import type { Attack } from "./transport.ts";
import { gather, note, type World } from "./world.ts";

export interface Plan {
  readonly requests: number;
  readonly seed: number;
  /** How many properties run at the same time. */
  readonly lanes: number;
  /** Only operations whose name contains this. */
  readonly only?: string | undefined;
  readonly path?: string | undefined;
}

export interface Finding {
  readonly operation: string;
  readonly wrong: string;
  readonly request: string;
  readonly answer: string;
  readonly again: string;
}

export interface Report {
  readonly requests: number;
  readonly seconds: number;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Operations that never answered with a success. */
  readonly neverDone: readonly string[];
  /** Whose credentials no longer open anything. */
  readonly lost: readonly string[];
  readonly findings: readonly Finding[];
}

/** Each of these costs a password hash, a mail or a large statement: asked less often. */
const rare: Readonly<Record<string, number>> = {
  "accounts.login": 0.1,
  "accounts.forgotPassword": 0.3,
  "imports.submit": 0.4,
  "campaigns.launch": 0.5,
  // Waits for the mail's way out, which somebody else has paused.
  "senders.test": 0.05,
};

const shown = (text: string, most = 600) =>
  text.length > most ? `${text.slice(0, most)}… (${text.length} characters)` : text;
const asText = ({ method, path, headers, body }: Sent, who: string) =>
  `${method} ${shown(path, 300)} as ${who} ${shown(JSON.stringify(headers), 300)} ${body === undefined ? "" : shown(typeof body === "string" ? body : `bytes ${Buffer.from(body).toString("base64")}`)}`.trim();

/** They end sessions when they succeed. */
const endsSessions = new Set(
  [
    "login",
    "useSignInLink",
    "acceptInvite",
    "logout",
    "endSession",
    "endOtherSessions",
    "changePassword",
    "resetPassword",
  ].map((verb) => `accounts.${verb}`),
);

interface Seen {
  readonly who: string;
  readonly sent: Sent;
  readonly answer: Answer;
  readonly wrong: string | undefined;
}
const unanswered: Answer = { status: 0, headers: {}, text: "", ms: 0 };

interface Target {
  readonly name: string;
  readonly attacks: fc.Arbitrary<Attack>;
}

const targets = (people: fc.Arbitrary<string>): Target[] => [
  ...publicActions.map((action) => ({ name: action.name, attacks: attacksOn(action, people) })),
  ...ownOperations.map(({ method, path, operation }) => ({
    name: operation.operationId,
    attacks: attacksOnRoute({ operation: operation.operationId, method: method.toUpperCase(), path }, people),
  })),
];

/** The names of tables and columns that consist of several words: single words mean something else, too. */
const internalNamesOf = async ({ db }: World): Promise<ReadonlySet<string>> => {
  const { rows } = await db.query<{ name: string }>(
    `select distinct name from (
       select table_name as name from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')
       union select column_name from information_schema.columns where table_schema not in ('pg_catalog', 'information_schema')
     ) all_names where name like '%\\_%'`,
  );
  // Values of the API that happen to look like names of tables stay allowed.
  return new Set(rows.map(({ name }) => name));
};

/** Which operation a method and a path belong to, so that OpenAPI says what may come back. */
const routesOf = ({ paths }: Description) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => ({
      name: operationId,
      method: method.toUpperCase(),
      shape: new RegExp(`^${path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^/?]+")}(?:\\?|$)`),
    })),
  );

/** Mostly somebody who may do everything, so that more than the guard is met. */
const peopleOf = ({ people }: World) => {
  const names = [...people.keys()].filter((name) => name !== "spare session");
  const limited = names.filter((name) => people.get(name)?.targets);
  return fc.oneof(
    { arbitrary: fc.constantFrom("owner", "owner by session"), weight: 5 },
    { arbitrary: fc.constantFrom(...names.filter((name) => !limited.includes(name))), weight: 4 },
    { arbitrary: fc.constantFrom(...limited), weight: 4 },
    { arbitrary: fc.constant("nobody"), weight: 1 },
  );
};

/** Whoever cannot sign in any more has attacked nothing since; what was found without them is worth less. */
const lostPeople = async ({ ask, people }: World): Promise<string[]> => {
  const lost: string[] = [];
  for (const [name, { headers }] of people)
    if (name !== "spare session" && (await ask(headers, "GET", "/api/v1/auth/me")).status !== 200) lost.push(name);
  return lost;
};

/** The same choices for every operation would never put the right person before the right body. */
const spread = (name: string): number =>
  [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, 7);

const isJson = ({ headers }: Answer) => /json/.test(headers["content-type"] ?? "");

/** Attacks a world with a plan. */
export const attackWorld = async (world: World, plan: Plan): Promise<Report> => {
  const { client, ask, people, pools } = world;
  const description = (await ask({}, "GET", "/api/openapi.json")).json as Description;
  const judge = createJudge(description, await internalNamesOf(world));
  const lists = publicActions.filter(
    ({ rest, path }) => rest.method === "GET" && !path.includes(":") && !rest.produces,
  );
  await gather(world, lists);
  const routes = routesOf(description);
  const chosen = targets(peopleOf(world)).filter(({ name }) => !plan.only || name.includes(plan.only));
  const weight = chosen.reduce((sum, { name }) => sum + (rare[name] ?? 1), 0);
  const byStatus: Record<string, number> = {};
  const succeeded = new Set<string>();
  const findings: Finding[] = [];
  let requests = 0;

  const hit = async (attack: Attack): Promise<Seen | undefined> => {
    // What may end sessions is sent with one that nobody misses.
    const spare = endsSessions.has(attack.operation) && attack.who.endsWith("by session");
    const who = spare ? "spare session" : attack.who;
    const person = people.get(who);
    const sent: Sent = {
      method: attack.method,
      path: pools.fill(attack.path, person?.targets),
      headers: { ...person?.headers, ...attack.headers },
      body: typeof attack.body === "string" ? pools.fill(attack.body, person?.targets) : attack.body,
    };
    let answer: Answer;
    try {
      answer = await client.send(sent);
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      // Node's client refuses to send what is no HTTP; raw sockets do that in another test.
      if (/^ERR_(?:INVALID|UNESCAPED|HTTP)/.test(code ?? "")) return undefined;
      return { who, sent, answer: unanswered, wrong: `was not answered: ${message}` };
    }
    requests++;
    byStatus[answer.status] = (byStatus[answer.status] ?? 0) + 1;
    const plain = routes.some(
      ({ name, method, shape }) => name === attack.operation && method === sent.method && shape.test(sent.path),
    );
    if (plain && answer.status < 400) {
      succeeded.add(attack.operation);
      // Everybody's list of tokens holds the one they attack with.
      const telling = attack.operation !== "accounts.listTokens" && answer.status < 300 && answer.text !== "";
      if (telling && isJson(answer)) note(pools, attack.operation, JSON.parse(answer.text));
    }
    const wrong = judge(plain ? attack.operation : undefined, sent, answer) ?? world.foreign(who, sent, answer);
    return { who, sent, answer, wrong };
  };

  const one = async ({ name, attacks }: Target): Promise<void> => {
    let worst: Seen | undefined;
    const details = await fc.check(
      fc.asyncProperty(attacks, async (attack) => {
        const seen = await hit(attack);
        if (seen?.wrong === undefined) return;
        worst = seen;
        throw new Error(seen.wrong);
      }),
      {
        numRuns: Math.max(1, Math.round((plan.requests * (rare[name] ?? 1)) / weight)),
        seed: plan.seed + spread(name),
        // Making a request shorter never takes longer than this.
        interruptAfterTimeLimit: 600_000,
        ...(plan.path ? { path: plan.path } : {}),
      },
    );
    if (!details.failed || !worst) return;
    const { who, sent, answer, wrong = "" } = worst;
    findings.push({
      operation: name,
      wrong,
      request: asText(sent, who),
      answer: `${answer.status} after ${Math.round(answer.ms)} ms ${shown(answer.text)}`,
      again: `npm run fuzz -- --seed ${plan.seed} --only ${name} --path ${details.counterexamplePath ?? "0"}`,
    });
  };

  const began = performance.now();
  const waiting = [...chosen];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await one(next);
  };
  await Promise.all(Array.from({ length: plan.lanes }, lane));
  return {
    requests,
    seconds: (performance.now() - began) / 1000,
    byStatus,
    neverDone: chosen.map(({ name }) => name).filter((name) => !succeeded.has(name)),
    lost: await lostPeople(world),
    findings,
  };
};
