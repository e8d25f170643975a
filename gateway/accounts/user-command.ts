// `npm run user -- reset <email>`: sets a new password for somebody who cannot sign in, prints it once, ends their sessions.
// `npm run user -- second-factor-off <email>`: takes the second factor off somebody who has lost it.
// `npm run user -- list`: who has an account.
// Works beside a running `npm start`, or on DATABASE_URL and REDIS_URL.

import "../../shared/refuse-wrong.ts";

import { commandDeps } from "../../shared/broker/deps.ts";
import { config } from "../../shared/config.ts";
import { errorCode } from "../../shared/contracts/errors.ts";
import { isConnectionLost } from "../../shared/db/knex.ts";
import { readBackends } from "../../shared/local-backends.ts";
import { createSessions } from "../auth/sessions.ts";
import { listMembers } from "./people-store.ts";
import { resetPassword } from "./reset-password.ts";
import { removeByCommand } from "./second-factor/owners.ts";

const leave = (sentence: string): never => {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
};

const usage =
  "Usage: npm run user -- reset <email>, npm run user -- second-factor-off <email>, or npm run user -- list";
const [verb, email] = process.argv.slice(2);
if (verb === "--help" || verb === "-h" || verb === "help") {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}
if (verb !== "list" && ((verb !== "reset" && verb !== "second-factor-off") || !email)) leave(usage);
const embedded = readBackends(config.dataDir);
const databaseUrl = config.databaseUrl ?? embedded?.databaseUrl;
const redisUrl = config.redisUrl ?? embedded?.redisUrl;
if (!databaseUrl || !redisUrl)
  leave(`Nothing was ever started on ${config.dataDir}: run \`npm start\` first, or set DATABASE_URL and REDIS_URL.`);

const deps = commandDeps(databaseUrl as string, redisUrl as string, "user");
try {
  if (verb === "list") {
    const members = await listMembers(deps.db, 1_000, undefined);
    for (const { email: address, role, disabledAt, secondFactor } of members.reverse())
      process.stdout.write(
        `${address}  ${role}${secondFactor ? "  second factor" : ""}${disabledAt ? "  (may not sign in)" : ""}\n`,
      );
  } else {
    await deps
      .untilRedis()
      .catch((error: Error & { code?: unknown }) =>
        leave(
          `Redis does not answer (${error.code ?? error.message}): sessions could not be ended. Nothing was changed.`,
        ),
      );
    const sessions = createSessions(deps.redis, deps.clock, config.secretKeys);
    if (verb === "second-factor-off") {
      const log = { debug: (sentence: string) => void process.stderr.write(`${sentence}\n`) };
      await removeByCommand({ ...deps, log }, sessions, email as string);
      process.stdout.write(`${email} signs in with the password alone now. All their sessions have ended.\n`);
    } else {
      const password = await resetPassword(deps, sessions, email as string);
      process.stdout.write(
        `New password of ${email}: ${password}\nAll their sessions have ended, and their access tokens are revoked. A second factor stays on.\n`,
      );
    }
  }
} catch (error) {
  if (errorCode(error)) leave((error as Error).message);
  if (isConnectionLost(error))
    leave("Postgres does not answer. Is `npm start` running? The embedded databases are up only while it runs.");
  throw error;
} finally {
  await deps.close();
}
