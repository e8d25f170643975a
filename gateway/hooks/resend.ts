// Resend signs by Standard Webhooks, as Svix sends them: HMAC-SHA256 over id, time and body.
// https://www.standardwebhooks.com, https://docs.svix.com/receiving/verifying-payloads/how-manual
import { createHmac, timingSafeEqual } from "node:crypto";
import { checkAge, FIVE_MINUTES_MS, type HookVerifier, header, Refusal } from "./verifier.ts";

const keyOf = (secret: string) => Buffer.from(secret.replace(/^whsec_/, ""), "base64");

/** Callbacks of Resend, signed with any of the secrets. Each try carries the time of that try. */
export const resendVerifier = (secrets: readonly string[]): HookVerifier => {
  const keys = secrets.map(keyOf);
  return {
    provider: "resend",
    verify({ headers, body, now }) {
      const id = header(headers, "svix-id", "webhook-id");
      const timestamp = header(headers, "svix-timestamp", "webhook-timestamp");
      const signatures = header(headers, "svix-signature", "webhook-signature");
      if (id.length > 200 || !/^\d{1,12}$/.test(timestamp)) throw new Refusal("its id or time is malformed");
      checkAge(Number(timestamp) * 1000, now, FIVE_MINUTES_MS);
      const given = signatures
        .split(" ")
        .filter((one) => one.startsWith("v1,"))
        .map((one) => Buffer.from(one.slice(3), "base64"));
      const fits = keys.some((key) => {
        const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
        return given.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
      });
      if (!fits) throw new Refusal("its signature is wrong");
      return { deliveryId: id, headers: {} };
    },
  };
};
