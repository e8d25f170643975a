// Sets a person's password from the command line, and ends everything that was open under the old one. Processes that
// have just seen one of its access tokens may take it for three seconds more.
import type { Deps } from "../../shared/broker/deps.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { audit } from "../audit/store.ts";
import type { Sessions } from "../auth/sessions.ts";
import { generatePassword, hashPassword } from "./passwords.ts";
import { findByEmail, revokeAllTokens, setPassword } from "./store.ts";

/**
 * Sets the password of the person with this email, generated when absent, and ends all sessions and access
 * tokens. Answers the password. Throws USER_NOT_FOUND, or VALIDATION_FAILED for a password of the wrong length.
 */
export const resetPassword = async (
  deps: Pick<Deps, "db" | "id">,
  sessions: Sessions,
  email: string,
  password = generatePassword(),
): Promise<string> => {
  const user = await findByEmail(deps.db, email);
  if (!user) throw fail("USER_NOT_FOUND", `Nobody signs in as ${email}`);
  const passwordHash = await hashPassword(password);
  await deps.db.transaction(async (trx) => {
    await setPassword(trx, user.id, passwordHash);
    const { length } = await revokeAllTokens(trx, user.id);
    await audit(trx, {
      id: deps.id(),
      event: "user.password-reset",
      userId: user.id,
      detail: { by: "command", tokensRevoked: length },
    });
  });
  await sessions.endAll(user.id);
  return password;
};
