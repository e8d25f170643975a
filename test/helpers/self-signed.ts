// Certificates for names, made anew for each test, signed by themselves or by an authority of the test: no key lies in the
// repository, and no program besides Node is needed. Written as DER (X.690) by hand, because Node signs but makes none.
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const length =
    body.length < 128
      ? Buffer.from([body.length])
      : body.length < 256
        ? Buffer.from([0x81, body.length])
        : Buffer.from([0x82, body.length >> 8, body.length & 255]);
  return Buffer.concat([Buffer.from([tag]), length, body]);
};
const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const oid = (hex: string) => der(0x06, Buffer.from(hex, "hex"));
const text = (tag: number, value: string) => der(tag, Buffer.from(value));
const time = (at: Date) => text(0x17, `${at.toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`);

const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));
const commonName = oid("550403");
const alternativeName = oid("551d11");
const basicConstraints = oid("551d13");
const yes = der(0x01, Buffer.from([0xff]));

const distinguished = (name: string) => sequence(der(0x31, sequence(commonName, text(0x0c, name))));
const day = 86_400_000;
const pemOf = (whole: Buffer) =>
  `-----BEGIN CERTIFICATE-----\n${(whole.toString("base64").match(/.{1,64}/g) ?? []).join("\n")}\n-----END CERTIFICATE-----\n`;

export interface Certified {
  readonly key: string;
  readonly cert: string;
}

interface Wish {
  readonly name: string;
  /** Its own when absent. */
  readonly issuer?: { readonly name: string; readonly key: KeyObject };
  /** May issue others. */
  readonly authority?: boolean;
  /** Days from now that it ends; a day when absent. */
  readonly endsIn?: number;
}

const certify = ({ name, issuer, authority = false, endsIn = 1 }: Wish): Certified & { privateKey: KeyObject } => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const extensions = [
    sequence(alternativeName, der(0x04, sequence(text(0x82, name)))),
    ...(authority ? [sequence(basicConstraints, der(0x01, Buffer.from([0xff])), der(0x04, sequence(yes)))] : []),
  ];
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ecdsaWithSha256,
    distinguished(issuer?.name ?? name),
    sequence(time(new Date(Date.now() - 3 * day)), time(new Date(Date.now() + endsIn * day))),
    distinguished(name),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", body, issuer?.key ?? privateKey);
  return {
    privateKey,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: pemOf(sequence(body, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature))),
  };
};

/** Key and certificate in PEM for a host name, signed by itself, good for a day. */
export const selfSigned = (name: string): Certified => {
  const { key, cert } = certify({ name });
  return { key, cert };
};

/** An authority of one's own: its certificate in PEM, and what it issues for host names. `endsIn`: days, also past ones. */
export const certificateAuthority = (name: string) => {
  const own = certify({ name, authority: true });
  return {
    cert: own.cert,
    issue: (host: string, endsIn?: number): Certified => {
      const wish = { name: host, issuer: { name, key: own.privateKey } };
      const { key, cert } = certify(endsIn === undefined ? wish : { ...wish, endsIn });
      return { key, cert };
    },
  };
};
