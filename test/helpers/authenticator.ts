// An authenticator app: what it shows for a secret.
import { Secret, TOTP } from "otpauth";

/** The code for the secret as people type it, `steps` of 30 seconds from now. */
export const codeOf = (secret: string, steps = 0): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 });
