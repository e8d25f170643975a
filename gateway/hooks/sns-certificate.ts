// The certificate that Amazon SNS signs with: fetched from Amazon's own hosts only, checked, and remembered.
import { type KeyObject, X509Certificate } from "node:crypto";
import { isSnsUrl } from "../../shared/lib/sns-url.ts";
import { callOutside } from "../../shared/outbound/call.ts";
import { Refusal } from "./verifier.ts";

/** Fetches the PEM text of a certificate whose address was checked. */
export type FetchCertificate = (url: string) => Promise<string>;

const certificatePath = /^\/SimpleNotificationService-[0-9a-f]{8,64}\.pem$/;
const largest = 32 * 1024;
const timeoutMs = 5_000;
const remembered = 20;
/** Strangers choose what is asked for, within Amazon's hosts. */
const atOnce = 4;

/** Over TLS, without following redirects, at most 32 KB in 5 s. */
export const fetchSnsCertificate: FetchCertificate = async (url) => {
  const { status, body } = await callOutside(url, { timeoutMs, maxBytes: largest });
  if (status !== 200) throw new Error(`the certificate was answered with ${status}`);
  return body.toString("ascii");
};

/** Public keys by the address of their certificate. */
export const certificateKeys = (fetchCertificate: FetchCertificate) => {
  const known = new Map<string, X509Certificate>();
  const asked = new Map<string, Promise<X509Certificate>>();
  const learn = async (url: string): Promise<X509Certificate> => {
    const certificate = new X509Certificate(await fetchCertificate(url));
    // Only what is one takes the place of another: made-up addresses must not push out the one in use.
    known.set(url, certificate);
    const oldest = known.keys().next().value;
    if (known.size > remembered && oldest !== undefined) known.delete(oldest);
    return certificate;
  };
  const load = async (url: string): Promise<X509Certificate> => {
    const here = known.get(url) ?? asked.get(url);
    if (here) return here;
    if (asked.size >= atOnce) throw new Error(`${atOnce} certificates are being fetched already`);
    const fetching = learn(url).finally(() => asked.delete(url));
    asked.set(url, fetching);
    return fetching;
  };
  return {
    /** The key that is valid at `now`. Throws Refusal for a foreign address or a certificate out of its time. */
    async keyAt(url: string, now: Date): Promise<KeyObject> {
      if (!isSnsUrl(url) || !certificatePath.test(URL.parse(url)?.pathname ?? ""))
        throw new Refusal("its certificate is not on a host of Amazon SNS");
      const certificate = await load(url);
      if (now < certificate.validFromDate || now > certificate.validToDate)
        throw new Refusal("its certificate is not valid now");
      return certificate.publicKey;
    },
  };
};
