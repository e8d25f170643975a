// Amazon SES tells over SNS topics: RSA signatures over a canonical text, by a certificate on Amazon's hosts.
// https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
// A topic of anybody's own is signed just as well, so only listed topics count.
import { verify } from "node:crypto";
import { isSnsUrl } from "../../shared/lib/sns-url.ts";
import { certificateKeys, type FetchCertificate } from "./sns-certificate.ts";
import { checkAge, type HookVerifier, ONE_DAY_MS, Refusal } from "./verifier.ts";

const ofSubscriptions = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
/** Maps, because strangers choose what is looked up in them. */
const signedFields = new Map([
  ["Notification", ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]],
  ["SubscriptionConfirmation", ofSubscriptions],
  ["UnsubscribeConfirmation", ofSubscriptions],
]);
const digests = new Map([
  ["1", "sha1"],
  ["2", "sha256"],
]);

const parse = (body: Buffer): ReadonlyMap<string, string> => {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    throw new Refusal("it is not JSON");
  }
  if (typeof value !== "object" || value === null) throw new Refusal("it is not an object");
  return new Map(
    Object.entries(value).flatMap(([name, text]): [string, string][] =>
      typeof text === "string" ? [[name, text]] : [],
    ),
  );
};

export interface SesHook {
  /** ARNs of the topics that are believed. */
  readonly topics: readonly string[];
  readonly fetchCertificate: FetchCertificate;
}

/** Callbacks of Amazon SNS for the listed topics, in signature version 1 or 2. */
export const sesVerifier = ({ topics, fetchCertificate }: SesHook): HookVerifier => {
  const allowed = new Set(topics);
  const certificates = certificateKeys(fetchCertificate);
  return {
    provider: "ses",
    async verify({ body, now }) {
      const fields = parse(body);
      const field = (name: string) => fields.get(name) ?? "";
      const names = signedFields.get(field("Type"));
      if (!names) throw new Refusal("its type is none of SNS");
      if (!allowed.has(field("TopicArn"))) throw new Refusal("its topic is not in LC_SES_TOPICS");
      const algorithm = digests.get(field("SignatureVersion"));
      if (!algorithm) throw new Refusal("its signature version is unknown");
      if (fields.has("SubscribeURL") && !isSnsUrl(field("SubscribeURL")))
        throw new Refusal("its confirmation leads to a foreign host");
      const id = field("MessageId");
      if (id === "" || id.length > 200) throw new Refusal("it has no id");
      checkAge(Date.parse(field("Timestamp")), now, ONE_DAY_MS);
      const signed = names
        .filter((name) => fields.has(name))
        .map((name) => `${name}\n${field(name)}\n`)
        .join("");
      const key = await certificates.keyAt(field("SigningCertURL"), now);
      if (!verify(algorithm, Buffer.from(signed), key, Buffer.from(field("Signature"), "base64")))
        throw new Refusal("its signature is wrong");
      return { deliveryId: id, headers: {} };
    },
  };
};
