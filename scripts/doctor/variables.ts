// Every variable: set, left to its default, or wrong; names that are none of ours with the one that was probably meant;
// and what one variable needs of another.
import type { Environment, VariableState } from "../../shared/environment.ts";
import { about, type Finding } from "../../shared/finding.ts";
import { wrongVariables } from "../../shared/wrong-variables.ts";

const { ok, warning, problem } = about("Variables");

/** How many letters differ (insertions, deletions and changes). */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= b.length; j += 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (letter === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
};

/** The known name that is nearest, when it is near enough to have been meant. */
export const nearestName = (name: string, known: readonly string[]): string | undefined => {
  const [best] = known.map((other) => ({ other, far: distance(name, other) })).sort((a, b) => a.far - b.far);
  return best && best.far <= Math.max(2, name.length / 4) ? best.other : undefined;
};

const shown = ({ name, secret }: VariableState, environment: Environment) =>
  secret ? "set (its value is not shown)" : (environment.value(name) ?? "");

/** A variable that nothing is wrong with. */
const stateOf = (state: VariableState, environment: Environment): Finding => {
  const { name, from } = state;
  if (state.state === "default") return ok(name, `not set, ${environment.value(name)} applies`);
  if (state.state === "unset") return ok(name, "not set");
  return ok(name, `${shown(state, environment)}${from === ".env" ? " (from .env)" : ""}`);
};

/** What is needed together. */
const together = (environment: Environment): Finding[] => {
  const { value } = environment;
  const findings: Finding[] = [];
  // A service of a deployment has its own variables only: what it lacks may be where it belongs.
  const elsewhere = value("RAILWAY_ENVIRONMENT_NAME") !== undefined;
  const need = (name: string, why: string, advice: string) => {
    if (value(name)) return;
    findings.push(
      elsewhere
        ? warning(name, `not set here, and ${why}`, `The service that sends email needs it, no other. ${advice}`)
        : problem(name, `not set, but ${why}`, advice),
    );
  };
  const provider = value("LC_EMAIL_PROVIDER");
  if (provider === "smtp")
    need(
      "LC_SMTP_URLS",
      "LC_EMAIL_PROVIDER is smtp",
      "Set it to your server, such as smtps://user:secret@smtp.example.org:465.",
    );
  if (provider === "resend") need("RESEND_API_KEY", "LC_EMAIL_PROVIDER is resend", "Make a key in Resend and set it.");
  if (provider === "postmark")
    need("POSTMARK_TOKEN", "LC_EMAIL_PROVIDER is postmark", "Take the server token from Postmark and set it.");
  if (value("NODE_ENV") !== "production" && Boolean(value("DATABASE_URL")) !== Boolean(value("REDIS_URL"))) {
    const [set, unset] = value("DATABASE_URL") ? ["DATABASE_URL", "REDIS_URL"] : ["REDIS_URL", "DATABASE_URL"];
    findings.push(
      warning(
        unset,
        `not set, while ${set} is`,
        "One is yours and the other embedded: set both, unless you mean that.",
      ),
    );
  }
  return findings;
};

/** Findings about the environment and `.env`. */
export const checkVariables = (environment: Environment): Finding[] => {
  const known = environment.states.map(({ name }) => name);
  const wrong = wrongVariables(environment);
  const named = new Set(wrong.map(({ name }) => name));
  return [
    ...environment.states.filter(({ name }) => !named.has(name)).map((state) => stateOf(state, environment)),
    ...wrong.map((finding) => ({ ...finding, advice: `Nothing starts like this. ${finding.advice ?? ""}` })),
    ...environment.unknown.map((name) => {
      const near = nearestName(name, known);
      return warning(
        name,
        "set, but nothing reads it",
        near ? `Did you mean ${near}?` : "Take it out, or look for its name in .env.example.",
      );
    }),
    ...together(environment),
  ];
};
