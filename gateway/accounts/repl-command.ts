// `npm run repl`: a prompt in the running system; `npm run repl -- jobs --state failed` runs one command and ends.
// Who acts is known: an access token (LC_TOKEN), an email and password, or beside a local `npm start` its owner.
import "../../shared/refuse-wrong.ts";

import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { type Api, type Credential, openApi, ReplError } from "../../shared/broker/repl/api.ts";
import { runCommand } from "../../shared/broker/repl/run-command.ts";
import { config } from "../../shared/config.ts";
import { readBackends } from "../../shared/local-backends.ts";

const leave = (sentence: string): never => {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
};

const backends = readBackends(config.dataDir);
const databaseUrl = config.databaseUrl ?? backends?.databaseUrl;
const redisUrl = config.redisUrl ?? backends?.redisUrl;
/** Beside a local `npm start`; in production the gateway is where PUBLIC_URL leads. */
const localPort = config.production ? undefined : backends?.port;
const baseUrl = localPort === undefined ? config.publicUrl : `http://127.0.0.1:${localPort}`;

const askFor = async (question: string, hidden = false): Promise<string> => {
  // What is typed is echoed by readline itself: into nothing, when it is a password.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  if (hidden) process.stderr.write(question);
  const lines = createInterface({ input: process.stdin, output: hidden ? silent : process.stderr, terminal: true });
  const answer = await lines.question(hidden ? "" : question);
  lines.close();
  if (hidden) process.stderr.write("\n");
  return answer.trim();
};

/** A code that signs the owner in once: whoever can read this data folder sits at the machine. */
const localCode = async (): Promise<string> => {
  if (!databaseUrl || !redisUrl)
    return leave(
      `Nothing was ever started on ${config.dataDir}: run \`npm start\` first, or set LC_TOKEN and PUBLIC_URL.`,
    );
  // Loaded only here: a command with a token needs no database, and should answer at once.
  const [{ commandDeps }, { isConnectionLost }, { makeSignInLink }] = await Promise.all([
    import("../../shared/broker/deps.ts"),
    import("../../shared/db/knex.ts"),
    import("./sign-in-link.ts"),
  ]);
  const deps = commandDeps(databaseUrl, redisUrl, "repl");
  const away = (name: string) => (error: Error & { code?: unknown }) =>
    leave(
      `${name} does not answer (${error.code ?? error.message}). Is \`npm start\` running? The embedded databases are up only while it runs.`,
    );
  try {
    await deps.untilRedis().catch(away("Redis"));
    const link = await makeSignInLink(deps, config.admin.email).catch((error: Error) => {
      if (isConnectionLost(error)) return away("Postgres")(error);
      throw error;
    });
    return link?.path.split("/").at(-1) ?? leave("There is no owner who could sign in.");
  } finally {
    await deps.close();
  }
};

const credentialOf = async (email: string | undefined): Promise<Credential> => {
  if (email === undefined && config.token !== undefined) return { token: config.token };
  if (email === undefined && localPort !== undefined) return { code: await localCode() };
  if (!process.stdin.isTTY)
    return leave("Nobody can be asked here who you are: set LC_TOKEN to an access token (Settings, Access tokens).");
  const who = email ?? (await askFor("Email: "));
  return {
    email: who,
    password: await askFor(`Password of ${who}: `, true),
    askCode: () => askFor("Code of your second factor (or a recovery code): "),
  };
};

const given = process.argv.slice(2);
const email = given[0] === "--email" ? given[1] : undefined;
if (given[0] === "--email" && !email) leave("Usage: npm run repl -- --email <address>");
const words = given.slice(email === undefined ? 0 : 2);

let api: Api | undefined;
try {
  if (words[0] === "help" || words[0] === "--help" || words[0] === "-h") {
    process.stdout.write(`${await runCommand({} as Api, ["help"])}\n`);
    process.exit(0);
  }
  api = await openApi(baseUrl, await credentialOf(email));
  if (words.length > 0) {
    process.stdout.write(`${await runCommand(api, words)}\n`);
    await api.close();
  } else {
    if (!redisUrl) leave("REDIS_URL is not set: the prompt joins the running system over Redis.");
    const { openPrompt } = await import("../../shared/broker/repl/interactive.ts");
    process.stdout.write(
      `${await runCommand(api, ["whoami"])}\n\`help\` lists the stock commands, each of ours says with --help what it takes. Ctrl-D leaves.\n`,
    );
    await openPrompt(api, redisUrl as string);
  }
} catch (error) {
  await api?.close();
  if (error instanceof ReplError) leave(error.message);
  throw error;
}
