// Signing in and out. Wrong email and wrong password are one answer after one and the same time.

import type { z } from "zod";
import type { Deps } from "../../shared/broker/deps.ts";
import type { User } from "../../shared/contracts/accounts.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { keyedHash } from "../../shared/lib/tokens.ts";
import type { Session, Sessions } from "../auth/sessions.ts";
import { withPostgres } from "../postgres-deadline.ts";
import type { LoginThrottle } from "./login-throttle.ts";
import { passwordFits } from "./passwords.ts";
import { audit, findByEmail, type UserRow } from "./store.ts";

export interface LoginDeps extends Pick<Deps, "db" | "id"> {
  readonly sessions: Sessions;
  readonly throttle: LoginThrottle;
  readonly secretKeys: readonly string[];
}

export interface Credentials {
  readonly email: string;
  readonly password: string;
  /** Client address, for the throttle. */
  readonly address: string;
  readonly requestId: string;
}

/** A person as the API shows them. */
export const showUser = (row: UserRow): z.output<typeof User> => ({
  id: row.id,
  email: row.email,
  name: row.name,
  role: row.role,
  createdAt: row.createdAt.toISOString(),
});

export interface SignedIn {
  readonly user: z.output<typeof User>;
  readonly session: Session;
  readonly cookie: string;
  /** How long the cookie lives. */
  readonly seconds: number;
}

/** Begins a session. Throws CREDENTIALS_WRONG (401), RATE_LIMITED (429), SERVICE_UNAVAILABLE (503). */
export const signIn = async (
  deps: LoginDeps,
  { email, password, address, requestId }: Credentials,
): Promise<SignedIn> => {
  const account = keyedHash(deps.secretKeys, "login-throttle", email.toLowerCase());
  await deps.throttle.attempt(address, account);
  const found = await withPostgres(() => findByEmail(deps.db, email)).catch(async (error: unknown) => {
    await deps.throttle.undecided(address, account).catch(() => undefined);
    throw error;
  });
  const fits = await passwordFits(found?.passwordHash, password);
  if (!found || !fits) {
    await withPostgres(() =>
      audit(deps.db, { id: deps.id(), event: "user.sign-in-refused", userId: found?.id, requestId }),
    );
    throw fail(
      "CREDENTIALS_WRONG",
      "No account has this email and password. Check both, or ask the owner to reset the password.",
    );
  }
  await deps.throttle.succeeded(address, account);
  const begun = await deps.sessions.begin({ userId: found.id, email: found.email, role: found.role });
  await withPostgres(() => audit(deps.db, { id: deps.id(), event: "user.signed-in", userId: found.id, requestId }));
  return { user: showUser(found), ...begun };
};

/** Ends a session. */
export const signOut = async (
  deps: Pick<LoginDeps, "db" | "id" | "sessions">,
  session: { id: string; userId: string },
  requestId: string,
): Promise<void> => {
  await deps.sessions.end(session.id, session.userId);
  await withPostgres(() =>
    audit(deps.db, { id: deps.id(), event: "user.signed-out", userId: session.userId, requestId }),
  );
};
