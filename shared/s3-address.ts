// LC_S3_URL: storage that speaks S3, in one line: s3://key:secret@host[:port]/bucket[/prefix]?region=…&style=…&tls=off

export interface S3Address {
  readonly key: string;
  readonly secret: string;
  /** `https://host[:port]`. */
  readonly endpoint: string;
  readonly bucket: string;
  /** Without slashes at its ends; empty when there is none. */
  readonly prefix: string;
  readonly region: string;
  /** True: the bucket is part of the path. False: of the host's name. */
  readonly pathStyle: boolean;
}

const wanted = "an address such as s3://key:secret@s3.eu-central-1.amazonaws.com/bucket/prefix?region=eu-central-1";
const known = new Set(["region", "style", "tls"]);

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
};

/** Reads an address, or says what is wrong with it. */
export const readS3Address = (text: string): S3Address | { readonly problem: string } => {
  const url = URL.parse(text);
  if (url?.protocol !== "s3:") return { problem: wanted };
  const key = decoded(url.username);
  const secret = decoded(url.password);
  if (!key || !secret)
    return { problem: `${wanted}; a key or secret with signs such as / + @ has to be percent-encoded` };
  const [bucket, ...rest] = url.pathname.split("/").filter((part) => part !== "");
  if (!url.host || !bucket) return { problem: `${wanted}, with a host and a bucket` };
  const strange = [...url.searchParams.keys()].find((name) => !known.has(name));
  if (strange !== undefined) return { problem: `only region, style and tls after the question mark, not ${strange}` };
  const style = url.searchParams.get("style") ?? "path";
  if (style !== "path" && style !== "virtual") return { problem: "style=path or style=virtual" };
  const tls = url.searchParams.get("tls") ?? "on";
  if (tls !== "on" && tls !== "off") return { problem: "tls=on or tls=off" };
  return {
    key,
    secret,
    endpoint: `${tls === "on" ? "https" : "http"}://${url.host}`,
    bucket,
    prefix: rest.join("/"),
    region: url.searchParams.get("region") || "us-east-1",
    pathStyle: style === "path",
  };
};

/** The place for people, without key and secret. */
export const s3Place = ({ endpoint, bucket, prefix }: S3Address): string =>
  `s3://${new URL(endpoint).host}/${bucket}${prefix ? `/${prefix}` : ""}`;

/** What is wrong with LC_S3_URL, for the table of variables. */
export const refuseS3Address = (text: string): string | undefined => {
  const read = readS3Address(text);
  return "problem" in read ? read.problem : undefined;
};
