// A link that signs an owner in once, for whoever sits at this machine: made at each local start, printed in the terminal,
// good for fifteen minutes. Only its hash is kept, in Redis, and taken out in the same command that reads it.

import { hash, randomBytes } from "node:crypto";
import type { Deps } from "../../shared/broker/deps.ts";
import { isDirectLocal } from "../../shared/broker/direct-local.ts";
import { fail } from "../../shared/contracts/errors.ts";
import type { Exchange } from "../exchange.ts";
import { withPostgres } from "../postgres-deadline.ts";
import { withRedis } from "../redis-deadline.ts";
import { findSomeOwner, findUser, type KnownUser } from "./store.ts";

const lifeSeconds = 900;
const keyOf = (code: string) => `lc:sign-in-link:${hash("sha256", code)}`;

/** A new link: its path, and whom it signs in. Undefined when there is no owner. */
export const makeSignInLink = async (
  deps: Pick<Deps, "db" | "redis">,
  adminEmail: string,
): Promise<{ path: string; email: string } | undefined> => {
  const owner = await findSomeOwner(deps.db, adminEmail);
  if (!owner) return undefined;
  const code = randomBytes(24).toString("base64url");
  await withRedis(deps.redis, () => deps.redis.set(keyOf(code), owner.id, "EX", lifeSeconds));
  return { path: `/sign-in/${code}`, email: owner.email };
};

/**
 * Uses a link up and answers whom it signs in. Throws LINK_INVALID; also, without using it up, for a request that was
 * not made on this machine itself.
 */
export const takeSignInLink = async (
  deps: Pick<Deps, "db" | "redis">,
  exchange: Exchange,
  code: string,
): Promise<KnownUser> => {
  if (!isDirectLocal(exchange.req))
    throw fail("LINK_INVALID", "Sign-in links work only in a browser on the machine that printed them.");
  const userId = await withRedis(deps.redis, () => deps.redis.getdel(keyOf(code)));
  const user = userId === null ? undefined : await withPostgres(() => findUser(deps.db, userId));
  if (!user)
    throw fail(
      "LINK_INVALID",
      "This sign-in link was used already, or is older than 15 minutes. Sign in with your password, or start again for a new one.",
    );
  return user;
};
