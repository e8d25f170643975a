// The codes of an authenticator app (RFC 6238): SHA-1, six digits, 30 seconds, one step of tolerance either way. These are
// what every app understands; the secret has 160 random bits.
import { Secret, TOTP } from "otpauth";

const periodMs = 30_000;
const secretBytes = 20;
const issuer = "Learning Center";

/** A new secret. */
export const newSecret = (): Buffer => Buffer.from(new Secret({ size: secretBytes }).bytes);

const generatorOf = (secret: Uint8Array, label = "") =>
  new TOTP({
    issuer,
    label,
    algorithm: "SHA1",
    digits: 6,
    period: periodMs / 1000,
    secret: new Secret({ buffer: Uint8Array.from(secret).buffer }),
  });

/** What an app needs to know: the secret as people type it, and the address that a QR code carries. */
export const describeSecret = (secret: Uint8Array, email: string): { secret: string; uri: string } => {
  const generator = generatorOf(secret, email);
  return { secret: generator.secret.base32, uri: generator.toString() };
};

/** The step of 30 seconds (since 1970) that the code belongs to, now or one beside; undefined when it fits none. */
export const stepOfCode = (secret: Uint8Array, code: string, now: Date): number | undefined => {
  const token = code.replace(/\s/g, "");
  if (!/^\d{6}$/.test(token)) return undefined;
  const delta = generatorOf(secret).validate({ token, timestamp: now.getTime(), window: 1 });
  return delta === null ? undefined : Math.floor(now.getTime() / periodMs) + delta;
};
