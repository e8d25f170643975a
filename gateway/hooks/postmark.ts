// Postmark does not sign: it sends the user and password that stand in the address of the webhook (HTTP Basic).
// https://postmarkapp.com/developer/webhooks/webhooks-overview#protecting-your-webhook
import { createHash, timingSafeEqual } from "node:crypto";
import { type HookVerifier, header, Refusal } from "./verifier.ts";

const digest = (text: string | Buffer) => createHash("sha256").update(text).digest();

/** Callbacks of Postmark that know one of the logins, each `user:password`. */
export const postmarkVerifier = (logins: readonly string[]): HookVerifier => {
  // Compared as digests: equally long whatever is sent, so that the time tells nothing.
  const known = logins.map(digest);
  return {
    provider: "postmark",
    verify({ headers, body }) {
      const [, encoded] = /^basic ([\w+/=-]+)$/i.exec(header(headers, "authorization")) ?? [];
      if (encoded === undefined) throw new Refusal("it has no login");
      const given = digest(Buffer.from(encoded, "base64"));
      if (known.filter((one) => timingSafeEqual(one, given)).length === 0) throw new Refusal("its login is wrong");
      // Deliveries have no id of their own, and a retry sends the same bytes.
      return { deliveryId: digest(body).toString("base64url"), headers: {} };
    },
  };
};
