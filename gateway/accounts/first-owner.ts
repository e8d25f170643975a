// The first owner: made once, by whichever process comes first, when nobody can sign in yet.
import { setTimeout as delay } from "node:timers/promises";
import type { Deps } from "../../shared/broker/deps.ts";
import { isConnectionLost } from "../../shared/db/knex.ts";
import { audit } from "../audit/store.ts";
import { generatePassword, hashPassword, passwordLength } from "./passwords.ts";
import { anyUser, insertFirstOwner } from "./store.ts";

export interface Admin {
  readonly email: string;
  /** Generated when absent. */
  readonly password: string | undefined;
}

export interface Owner {
  readonly email: string;
  /** Only when it was generated. */
  readonly password?: string;
}

/**
 * Makes the first owner if there is nobody yet. Answers the owner when this process made it, else undefined.
 * Throws a sentence when the given password is too short or too long.
 */
export const makeFirstOwner = async (deps: Pick<Deps, "db" | "id">, admin: Admin): Promise<Owner | undefined> => {
  if (await anyUser(deps.db)) return undefined;
  const password = admin.password ?? generatePassword();
  if (password.length < passwordLength.min || password.length > passwordLength.max)
    throw new Error(
      `LC_ADMIN_PASSWORD has ${password.length} characters, expected ${passwordLength.min} to ${passwordLength.max}. Choose another one, or leave it out and one is generated`,
    );
  const id = deps.id();
  const made = await insertFirstOwner(deps.db, { id, email: admin.email, passwordHash: await hashPassword(password) });
  if (!made) return undefined;
  await audit(deps.db, { id: deps.id(), event: "user.first-owner", userId: id });
  return { email: admin.email, ...(admin.password === undefined ? { password } : {}) };
};

/** Makes the first owner at start, if there is nobody; waits while Postgres is away. Answers the owner it made. */
export const ensureFirstOwner = async (deps: Deps, admin: Admin, stop: AbortSignal): Promise<Owner | undefined> => {
  while (!stop.aborted) {
    try {
      return await makeFirstOwner(deps, admin);
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      await delay(1_000, undefined, { signal: stop }).catch(() => undefined);
    }
  }
  return undefined;
};
