// SendGrid signs its event webhook with ECDSA over P-256 and SHA-256: time, then body.
// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { checkAge, type HookVerifier, header, ONE_DAY_MS, Refusal } from "./verifier.ts";

const keyOf = (key: string): KeyObject => {
  try {
    const made = createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" });
    if (made.asymmetricKeyType === "ec" && made.asymmetricKeyDetails?.namedCurve === "prime256v1") return made;
  } catch {
    // Said below, whatever is wrong with it.
  }
  throw new Error(
    "LC_SENDGRID_WEBHOOK_KEY is not a verification key of SendGrid: expected the base64 text that its settings show, of an ECDSA key over P-256",
  );
};

/** Callbacks of SendGrid, signed for any of the public keys (base64 of SPKI DER). Throws when a key is none. */
export const sendgridVerifier = (publicKeys: readonly string[]): HookVerifier => {
  const keys = publicKeys.map(keyOf);
  return {
    provider: "sendgrid",
    verify({ headers, body, now }) {
      const signature = Buffer.from(header(headers, "x-twilio-email-event-webhook-signature"), "base64");
      const timestamp = header(headers, "x-twilio-email-event-webhook-timestamp");
      if (!/^\d{1,12}$/.test(timestamp)) throw new Refusal("its time is malformed");
      const signed = Buffer.concat([Buffer.from(timestamp), body]);
      if (!keys.some((key) => verify("sha256", signed, key, signature))) throw new Refusal("its signature is wrong");
      checkAge(Number(timestamp) * 1000, now, ONE_DAY_MS);
      return { deliveryId: createHash("sha256").update(body).digest("base64url"), headers: {} };
    },
  };
};
