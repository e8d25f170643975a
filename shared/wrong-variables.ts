// What is wrong with the environment so that no waiting mends it: nothing starts with it, and `npm run doctor` says the
// same. Each finding names its variable and what to do; values of secrets are never shown.
import { readAuthority } from "./certificates.ts";
import type { Environment, VariableState } from "./environment.ts";
import { about, type Finding } from "./finding.ts";
import { leadsHere } from "./lib/loopback.ts";
import { variables } from "./variables.ts";

const { problem } = about("Variables");

/** A reference that nobody filled in, as Railway, docker compose and shells write them. */
const reference = /\$\{\{.*?\}\}|^\$\{\w+[^}]*\}$|^\$\(\w+\)$/;
/** What programs write where a value was missing. */
const nothing = /^(undefined|null|NaN|\[object Object\])$/;

const shownOf = ({ name, secret }: VariableState, environment: Environment): string =>
  secret ? "a value" : `"${environment.value(name) ?? ""}"`;

const unresolved = (value: string): string | undefined => {
  const [left] = reference.exec(value) ?? [];
  if (left) return `still ${left}, a reference that was not filled in`;
  const host = URL.parse(value)?.hostname;
  if (nothing.test(value)) return `the word ${value}, which a program wrote for a missing value`;
  return host && nothing.test(host) ? `an address whose host is the word ${host}` : undefined;
};

const wrongValue = (state: VariableState, environment: Environment): Finding | undefined => {
  const { name } = state;
  const value = environment.value(name) ?? "";
  if (state.empty) {
    // Locally an empty line in .env means "not set"; a deployment that passes one meant to pass something.
    return environment.value("NODE_ENV") === "production" && !name.startsWith("RAILWAY_")
      ? problem(name, "empty", "A reference that leads nowhere is empty: give it a value, or take it out.")
      : undefined;
  }
  if (state.state !== "set" && state.state !== "invalid") return undefined;
  const left = unresolved(value);
  if (left) return problem(name, left, "Correct the reference: the service or variable that it names does not exist.");
  if (!state.wanted) return undefined;
  const { example } = variables.find((variable) => variable.name === name) ?? {};
  const advice = `Expected ${state.wanted}${example ? `, for example ${example}` : ""}.`;
  return problem(name, shownOf(state, environment), advice);
};

const needed: readonly (readonly [name: string, advice: string])[] = [
  [
    "LC_SECRET_KEYS",
    "Production needs it, so that links stay valid over deployments. Make one with: npm run key:generate",
  ],
  [
    "PUBLIC_URL",
    "In production it is the address that recipients' links lead to, for example https://learn.example.org",
  ],
  ["DATABASE_URL", "Production needs a Postgres of its own: the embedded one is for trying on one machine."],
  ["REDIS_URL", "Production needs a Redis of its own: the private one is for trying on one machine."],
];

/** What production demands. `wrong`: names that something was said about already. */
const production = ({ value }: Environment, wrong: ReadonlySet<string>): Finding[] => {
  const findings = needed
    .filter(([name]) => !wrong.has(name) && !value(name))
    .map(([name, advice]) => problem(name, "not set", advice));
  const address = value("PUBLIC_URL");
  if (address && !wrong.has("PUBLIC_URL")) {
    const advice = "Recipients' links lead there: set it to your public address, for example https://learn.example.org";
    if (leadsHere(address)) findings.push(problem("PUBLIC_URL", `${address}, which is this machine itself`, advice));
    else if (!address.startsWith("https:"))
      findings.push(
        problem("PUBLIC_URL", `${address}, which is not encrypted`, `${advice}; nobody can sign in without https.`),
      );
  }
  if (value("LC_DEBUG") === "1")
    findings.push(
      problem("LC_DEBUG", "1", "It shows every statement to whoever is at this machine: not in production."),
    );
  return findings;
};

/** The authorities: readable, and in use. Who sets one wants encryption, and must not go without by a slip elsewhere. */
const authorities = ({ value }: Environment, wrong: ReadonlySet<string>): Finding[] => {
  const plain = {
    LC_POSTGRES_CA: /[?&]sslmode=disable\b/.test(value("DATABASE_URL") ?? "") && "DATABASE_URL has sslmode=disable",
    LC_REDIS_CA: value("REDIS_URL")?.startsWith("redis:") && "REDIS_URL begins with redis://, not rediss://",
  };
  return Object.entries(plain).flatMap(([name, unused]): Finding[] => {
    const given = value(name);
    if (!given || wrong.has(name)) return [];
    try {
      readAuthority(given);
    } catch (error) {
      return [problem(name, "of no use", `It ${(error as Error).message}.`)];
    }
    return unused
      ? [problem(name, "set, but nothing would be encrypted", `${unused}: correct that, or take ${name} out.`)]
      : [];
  });
};

/** Everything that nothing starts with; empty when there is nothing of the kind. */
export const wrongVariables = (environment: Environment): readonly Finding[] => {
  const values = environment.states.flatMap((state) => wrongValue(state, environment) ?? []);
  const wrong = new Set(values.map(({ name }) => name));
  return [
    ...values,
    ...(environment.value("NODE_ENV") === "production" ? production(environment, wrong) : []),
    ...authorities(environment, wrong),
  ];
};

const expected = "Expected ";

/** The same as sentences, one for each. */
export const wrongLines = (environment: Environment): readonly string[] =>
  wrongVariables(environment).map(({ name, found, advice = "" }) =>
    advice.startsWith(expected)
      ? `${name} has ${found} that cannot be used: expected ${advice.slice(expected.length)}`
      : `${name} is ${found}. ${advice}`,
  );
