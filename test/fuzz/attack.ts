// Runs requests against all operations at once, a property for each, and says what was found, shrunk to a short request
// and with the seed that leads to it again.
import fc from "fast-check";
import type { Description } from "../../gateway/openapi.ts";
import { ownOperations } from "../../gateway/openapi-own.ts";
import { publicActions } from "../../gateway/operations.ts";
import type { Answer, Sent } from "./client.ts";
import { createJudge } from "./judge.ts";
import { type Attack, attacksOn, attacksOnRoute } from "./request.ts";
import { gather, note, openWorld, type World } from "./world.ts";

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
  /** Operations that never answered with a success to those who may. */
  readonly neverDone: readonly string[];
  readonly findings: readonly Finding[];
}

/** Each of these costs a password hash, a mail or a large statement: asked less often. */
const rare: Readonly<Record<string, number>> = {
  "accounts.login": 0.1,
  "accounts.forgotPassword": 0.3,
  "imports.submit": 0.4,
  "campaigns.launch": 0.5,
};

const shown = (text: string, most = 600) =>
  text.length > most ? `${text.slice(0, most)}… (${text.length} characters)` : text;
const asCommand = ({ method, path, headers, body }: Sent, who: string) =>
  `${method} ${shown(path, 300)} as ${who} ${shown(JSON.stringify(headers), 300)} ${body === undefined ? "" : shown(typeof body === "string" ? body : `bytes ${Buffer.from(body).toString("base64")}`)}`.trim();

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

/** True when the request is still one to the operation it was made for, so that OpenAPI says what may come back. */
const isPlain = (
  { path, method }: Sent,
  attack: Attack,
  routes: readonly { name: string; method: string; shape: RegExp }[],
) =>
  routes.some(
    (route) =>
      route.name === attack.operation && route.method === method && route.shape.test(path.split("?", 1)[0] ?? ""),
  );

/** The same choices for every operation would never put the right person before the right body. */
const spread = (name: string): number =>
  [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, 7);

/** Attacks a world with a plan. */
export const attackWorld = async (world: World, plan: Plan): Promise<Report> => {
  const { client, ask, people, pools } = world;
  const description = (await ask({}, "GET", "/api/openapi.json")).json as Description;
  const judge = createJudge(description, await internalNamesOf(world));
  await gather(
    world,
    publicActions.filter(({ rest, path }) => rest.method === "GET" && !path.includes(":") && !rest.produces),
  );
  const routes = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => ({
      name: operationId,
      method: method.toUpperCase(),
      shape: new RegExp(`^${path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^/]+")}$`),
    })),
  );
  const names = [...people.keys()].filter((name) => name !== "spare session");
  const endsSessions = new Set([
    "accounts.login",
    "accounts.useSignInLink",
    "accounts.acceptInvite",
    "accounts.logout",
    "accounts.endSession",
    "accounts.endOtherSessions",
    "accounts.changePassword",
    "accounts.resetPassword",
  ]);
  const who = fc.oneof(
    { arbitrary: fc.constantFrom("owner", "owner by session"), weight: 5 },
    { arbitrary: fc.constantFrom(...names), weight: 4 },
    { arbitrary: fc.constant("nobody"), weight: 1 },
  );
  const chosen = targets(who).filter(({ name }) => !plan.only || name.includes(plan.only));
  const weight = chosen.reduce((sum, { name }) => sum + (rare[name] ?? 1), 0);
  const byStatus: Record<string, number> = {};
  const succeeded = new Set<string>();
  const findings: Finding[] = [];
  let requests = 0;
  const why = new Map<string, number>();
  const refusedAs = new Map<string, number>();

  const hit = async (
    attack: Attack,
  ): Promise<{ sent: Sent; answer: Answer; wrong: string | undefined } | undefined> => {
    // What may end sessions is sent with one that nobody misses.
    const own = endsSessions.has(attack.operation) && attack.who.endsWith("by session") ? "spare session" : attack.who;
    const person = people.get(own);
    const sent: Sent = {
      method: attack.method,
      path: pools.fill(attack.path),
      headers: { ...person?.headers, ...attack.headers },
      body: typeof attack.body === "string" ? pools.fill(attack.body) : attack.body,
    };
    let answer: Answer;
    try {
      answer = await client.send(sent);
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      // Node's client refuses to send what is no HTTP; raw sockets do that in another test.
      if (/^ERR_(?:INVALID|UNESCAPED|HTTP)/.test(code ?? "")) return undefined;
      return { sent, answer: { status: 0, headers: {}, text: "", ms: 0 }, wrong: `was not answered: ${message}` };
    }
    requests++;
    byStatus[answer.status] = (byStatus[answer.status] ?? 0) + 1;
    // Whoever cannot sign in any more attacks no further: what is found would be worth nothing.
    if (person && answer.status === 401 && !attack.headers["cookie"])
      refusedAs.set(`${attack.who} ${answer.text.match(/"code":"(\w+)"/)?.[1]} at ${attack.operation}`, requests);
    if (answer.status >= 500)
      process.stderr.write(
        `5XX ${asCommand(sent, attack.who)}\n   ${answer.status} ${Math.round(answer.ms)} ms ${shown(answer.text)}\n`,
      );
    const plain = isPlain(sent, attack, routes);
    if (plain && [400, 404, 409, 422].includes(answer.status)) {
      const m = `${attack.operation} ${answer.status} ${answer.text.match(/"detail":"([^"]{0,140})/)?.[1]}`;
      why.set(m, (why.get(m) ?? 0) + 1);
    }
    if (plain && answer.status < 400) {
      succeeded.add(attack.operation);
      if (answer.status < 300 && /json/.test(answer.headers["content-type"] ?? "") && answer.text !== "")
        note(pools, attack.operation, JSON.parse(answer.text));
    }
    return { sent, answer, wrong: judge.judge(plain ? attack.operation : undefined, sent, answer) };
  };

  const one = async ({ name, attacks }: Target): Promise<void> => {
    const runs = Math.max(1, Math.round((plan.requests * (rare[name] ?? 1)) / weight));
    let worst: { attack: Attack; sent: Sent; answer: Answer; wrong: string } | undefined;
    const details = await fc.check(
      fc.asyncProperty(attacks, async (attack) => {
        const seen = await hit(attack);
        if (seen?.wrong === undefined) return;
        worst = { attack, ...seen, wrong: seen.wrong };
        throw new Error(seen.wrong);
      }),
      {
        numRuns: runs,
        seed: plan.seed + spread(name),
        ...(plan.path ? { path: plan.path } : {}),
        interruptAfterTimeLimit: 60_000,
      },
    );
    if (process.env.LC_FUZZ_LOUD)
      process.stderr.write(
        `done ${name} ${details.numRuns} ${details.numShrinks} ${requests} ${Math.round((performance.now() - began) / 1000)} s\n`,
      );
    if (!details.failed || !worst) return;
    const { attack, sent, answer, wrong } = worst;
    if (process.env.LC_FUZZ_LOUD)
      process.stderr.write(
        `${name}: ${wrong}\n   ${asCommand(sent, attack.who)}\n   ${answer.status} ${Math.round(answer.ms)} ms ${shown(answer.text)}\n`,
      );
    findings.push({
      operation: name,
      wrong,
      request: asCommand(sent, attack.who),
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
  const never = chosen.map(({ name }) => name).filter((name) => !succeeded.has(name));
  process.stderr.write(
    [...why]
      .filter(([w]) => never.includes(w.split(" ")[0] ?? ""))
      .sort((a, b) => a[0].localeCompare(b[0]))
      .map(([w, n]) => `WHY ${n} ${w}`)
      .join("\n"),
  );
  process.stderr.write(JSON.stringify([...refusedAs].slice(0, 60), null, 1));
  return {
    requests,
    seconds: (performance.now() - began) / 1000,
    byStatus,
    neverDone: chosen.map(({ name }) => name).filter((name) => !succeeded.has(name)),
    findings,
  };
};

export { openWorld };
