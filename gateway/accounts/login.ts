// Signing in and out. Wrong email and wrong password are one answer after one and the same time.
import type { z } from "zod";
import type { Deps } from "../../shared/broker/deps.ts";
import type { User } from "../../shared/contracts/accounts.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { keyedHash } from "../../shared/lib/tokens.ts";
import { audit } from "../audit/store.ts";
import type { Session, SessionPlace, Sessions } from "../auth/sessions.ts";
import { withPostgres } from "../postgres-deadline.ts";
import { sameLimit, shownLimit } from "./limits.ts";
import type { LoginThrottle } from "./login-throttle.ts";
import { passwordFits } from "./passwords.ts";
import { findByEmail, findUser, type KnownUser, noteSignIn, type UserRow } from "./store.ts";

export interface LoginDeps extends Pick<Deps, "db" | "id" | "clock"> {
  readonly sessions: Sessions;
  readonly throttle: LoginThrottle;
  readonly secretKeys: readonly string[];
}

/** Where a request comes from: for the throttle, the session and the audit log. */
export interface Origin extends SessionPlace {
  readonly requestId: string;
}

export interface Credentials extends Origin {
  readonly email: string;
  readonly password: string;
}

/** A person as the API shows them. */
export const showUser = (row: UserRow): z.output<typeof User> => ({
  id: row.id,
  email: row.email,
  name: row.name,
  role: row.role,
  communities: shownLimit(row.communities),
  createdAt: row.createdAt.toISOString(),
});

export interface SignedIn {
  readonly user: z.output<typeof User>;
  readonly session: Session;
  readonly cookie: string;
  /** How long the cookie lives. */
  readonly seconds: number;
}

/**
 * Begins a session for somebody who has proven who they are. Throws NOT_SIGNED_IN when they were disabled, or got another
 * role or password, in the moment since: sessions begun before such a change are ended, and this one would slip through.
 */
export const beginSession = async (
  deps: Pick<LoginDeps, "db" | "id" | "clock" | "sessions">,
  user: KnownUser,
  origin: Origin,
  by: "password" | "invite" | "link",
): Promise<SignedIn> => {
  const begun = await deps.sessions.begin({ ...user, userId: user.id }, origin);
  const { requestId, address } = origin;
  const still = await withPostgres(() =>
    deps.db.transaction(async (trx) => {
      const now = await findUser(trx, user.id);
      if (
        now?.role !== user.role ||
        !sameLimit(now.communities, user.communities) ||
        now.passwordHash !== user.passwordHash
      )
        return false;
      await noteSignIn(trx, user.id, deps.clock.now());
      await audit(trx, {
        id: deps.id(),
        event: "user.signed-in",
        userId: user.id,
        requestId,
        address,
        ...(by === "password" ? {} : { detail: { by } }),
      });
      return true;
    }),
  ).catch(async (error: unknown) => {
    await deps.sessions.end(begun.session.id, user.id).catch(() => undefined);
    throw error;
  });
  if (still) return { user: showUser(user), ...begun };
  await deps.sessions.end(begun.session.id, user.id);
  throw fail("NOT_SIGNED_IN", "This account was changed in this moment. Sign in again.");
};

/** The key that attempts on an account are counted under. */
export const throttleKey = (keys: readonly string[], email: string): string =>
  keyedHash(keys, "login-throttle", email.toLowerCase());

/** Begins a session. Throws CREDENTIALS_WRONG (401), RATE_LIMITED (429), SERVICE_UNAVAILABLE (503). */
export const signIn = async (deps: LoginDeps, { email, password, ...origin }: Credentials): Promise<SignedIn> => {
  const { address, requestId } = origin;
  const account = throttleKey(deps.secretKeys, email);
  await deps.throttle.attempt(address, account);
  const found = await withPostgres(() => findByEmail(deps.db, email)).catch(async (error: unknown) => {
    await deps.throttle.undecided(address, account).catch(() => undefined);
    throw error;
  });
  const fits = await passwordFits(found?.passwordHash, password);
  if (!found || !fits) {
    await withPostgres(() =>
      audit(deps.db, { id: deps.id(), event: "user.sign-in-refused", userId: found?.id, requestId, address }),
    );
    throw fail(
      "CREDENTIALS_WRONG",
      "No account has this email and password. Check both, or choose a new password under “Forgot your password?”.",
    );
  }
  await deps.throttle.succeeded(address, account);
  return beginSession(deps, found, origin, "password");
};

/** Ends a session. */
export const signOut = async (
  deps: Pick<LoginDeps, "db" | "id" | "sessions">,
  session: { id: string; userId: string },
  { requestId, address }: Pick<Origin, "requestId" | "address">,
): Promise<void> => {
  await deps.sessions.end(session.id, session.userId);
  await withPostgres(() =>
    audit(deps.db, { id: deps.id(), event: "user.signed-out", userId: session.userId, requestId, address }),
  );
};
