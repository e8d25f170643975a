// Signing in and out. Wrong email and wrong password are one answer after one and the same time. What follows a right
// password is in second-factor/sign-in.ts.
import type { z } from "zod";
import type { Deps } from "../../shared/broker/deps.ts";
import type { User } from "../../shared/contracts/accounts.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { keyedHash } from "../../shared/lib/tokens.ts";
import { audit } from "../audit/store.ts";
import type { Session, SessionPlace, Sessions } from "../auth/sessions.ts";
import { withPostgres } from "../postgres-deadline.ts";
import { deviceOf } from "./device.ts";
import { sameLimit, shownLimit } from "./limits.ts";
import type { LoginThrottle } from "./login-throttle.ts";
import { hashPassword, isOutdated, passwordFits } from "./passwords.ts";
import type { Challenges } from "./second-factor/challenges.ts";
import { factorRequired } from "./second-factor/store.ts";
import {
  databaseTime,
  findByEmail,
  findUser,
  type KnownUser,
  lockUser,
  noteSignIn,
  renewHash,
  type UserRow,
} from "./store.ts";

export interface LoginDeps extends Pick<Deps, "db" | "id" | "clock" | "log"> {
  readonly sessions: Sessions;
  readonly throttle: LoginThrottle;
  readonly codeThrottle: LoginThrottle;
  readonly challenges: Challenges;
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

/** What a session was begun with. */
export type EnteredBy = "password" | "code" | "recovery-code" | "invite" | "link";

/** Whether one factor is enough: not for whoever has two, and not where everybody needs two. */
const oneFactor = (by: EnteredBy, user: KnownUser): boolean =>
  !user.hasSecondFactor && (by === "password" || by === "invite");

/**
 * Begins a session for somebody who has proven who they are. Throws NOT_SIGNED_IN when they were disabled, or got another
 * role, password or second factor, or everybody was told to have one, in the moment since: sessions begun before such a
 * change are ended, and this one would slip through.
 */
export const beginSession = async (
  deps: Pick<LoginDeps, "db" | "id" | "clock" | "sessions">,
  user: KnownUser,
  origin: Origin,
  by: EnteredBy,
): Promise<SignedIn> => {
  const at = await withPostgres(() => databaseTime(deps.db));
  const begun = await deps.sessions.begin({ ...user, userId: user.id }, origin, at);
  const { requestId, address, userAgent } = origin;
  const still = await withPostgres(() =>
    deps.db.transaction(async (trx) => {
      // The rule first and the person second, as whoever changes both locks them.
      if (oneFactor(by, user) && (await factorRequired(trx, true))) return false;
      await lockUser(trx, user.id);
      const now = await findUser(trx, user.id);
      if (
        now?.role !== user.role ||
        !sameLimit(now.communities, user.communities) ||
        now.passwordHash !== user.passwordHash ||
        now.hasSecondFactor !== user.hasSecondFactor
      )
        return false;
      await noteSignIn(trx, user.id, deps.clock.now());
      await audit(trx, {
        id: deps.id(),
        event: "user.signed-in",
        userId: user.id,
        requestId,
        address,
        detail: { by, device: deviceOf(userAgent) },
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

/** Hashes a right password anew when our parameters have grown since it was set. */
const withCurrentHash = async (deps: LoginDeps, user: KnownUser, password: string): Promise<KnownUser> => {
  const before = user.passwordHash ?? "";
  if (!isOutdated(before)) return user;
  const passwordHash = await hashPassword(password);
  if (await withPostgres(() => renewHash(deps.db, user.id, before, passwordHash))) return { ...user, passwordHash };
  // Somebody else has just done the same, or set another password: what counts is what is stored now.
  const now = await withPostgres(() => findUser(deps.db, user.id));
  if (now && (await passwordFits(now.passwordHash, password))) return now;
  throw fail("NOT_SIGNED_IN", "This account was changed in this moment. Sign in again.");
};

/** Who has this email and password. Throws CREDENTIALS_WRONG (401), RATE_LIMITED (429), SERVICE_UNAVAILABLE (503). */
export const checkPassword = async (
  deps: LoginDeps,
  { email, password, address, requestId, userAgent }: Credentials,
): Promise<KnownUser> => {
  const account = throttleKey(deps.secretKeys, email);
  await deps.throttle.attempt(address, account);
  const found = await withPostgres(() => findByEmail(deps.db, email)).catch(async (error: unknown) => {
    await deps.throttle.undecided(address, account).catch(() => undefined);
    throw error;
  });
  const fits = await passwordFits(found?.passwordHash, password);
  if (!found || !fits) {
    await withPostgres(() =>
      audit(deps.db, {
        id: deps.id(),
        event: "user.sign-in-refused",
        userId: found?.id,
        requestId,
        address,
        detail: { device: deviceOf(userAgent) },
      }),
    );
    throw fail(
      "CREDENTIALS_WRONG",
      "No account has this email and password. Check both, or choose a new password under “Forgot your password?”.",
    );
  }
  await deps.throttle.succeeded(address, account);
  return withCurrentHash(deps, found, password);
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
