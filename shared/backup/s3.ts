// Backups in storage that speaks S3, in parts of 8 MB. An archive appears when its last part is confirmed; an upload that
// fails is called off, and what a killed process left of one is called off by the next that comes by a day later.
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { wordsOf } from "../lib/connection-trouble.ts";
import { type S3Address, s3Place } from "../s3-address.ts";
import { BackupError } from "./backup-error.ts";
import { type BackupStore, byAge, cardName, isArchiveName, leftOverMs, readCard } from "./stored.ts";

const partBytes = 8 * 1024 * 1024;
const partsAtOnce = 2;

interface S3Error {
  readonly name?: string;
  readonly Code?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const away = /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EPIPE|EHOST|ENETUNREACH|TimeoutError|NetworkingError|SocketError)/;

/** The storage's refusals as sentences; whatever else as it is. */
const inWords = (address: S3Address, error: unknown): unknown => {
  if (error instanceof BackupError) return error;
  const { name = "", Code = "", code = "", $metadata } = (error ?? {}) as S3Error;
  const status = $metadata?.httpStatusCode;
  const is = (...names: readonly string[]) => names.includes(name) || names.includes(Code);
  const host = new URL(address.endpoint).host;
  if (is("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken"))
    return new BackupError(
      `${host} does not know the key of LC_S3_URL, or its secret is wrong. Make a new one there and put it into LC_S3_URL.`,
    );
  if (is("NoSuchBucket"))
    return new BackupError(
      `There is no bucket ${address.bucket} at ${host}. Make it there, or name another in LC_S3_URL.`,
    );
  if (is("AccessDenied", "Forbidden") || status === 403)
    return new BackupError(
      `${host} refuses the key of LC_S3_URL what a backup needs in the bucket ${address.bucket}: to list, read, write and delete.`,
    );
  if (is("PermanentRedirect", "AuthorizationHeaderMalformed") || status === 301)
    return new BackupError(
      `The bucket ${address.bucket} is in another region than ${address.region}: set region=… in LC_S3_URL.`,
    );
  if (away.test(code) || away.test(name) || /socket|network|aborted by|hang up/i.test(wordsOf(error)))
    return new BackupError(`${host} cannot be reached, or the connection broke: ${wordsOf(error)}`, true);
  if (status !== undefined && status >= 500)
    return new BackupError(`${host} answers with an error of its own (${status} ${name || Code})`, true);
  return error;
};

const isGone = (error: unknown) => {
  const { name, $metadata } = (error ?? {}) as S3Error;
  return name === "NoSuchKey" || name === "NotFound" || ($metadata?.httpStatusCode === 404 && name !== "NoSuchBucket");
};

const cannotTell = (error: unknown) => {
  const { name, $metadata } = (error ?? {}) as S3Error;
  return name === "NotImplemented" || [403, 405, 501].includes($metadata?.httpStatusCode ?? 0);
};

/** Backups under the address's bucket and prefix. */
export const s3Store = (address: S3Address): BackupStore => {
  const client = new S3Client({
    endpoint: address.endpoint,
    region: address.region,
    forcePathStyle: address.pathStyle,
    credentials: { accessKeyId: address.key, secretAccessKey: address.secret },
    maxAttempts: 4,
    // Storage beside Amazon's knows fewer kinds of checksums.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { connectionTimeout: 10_000, requestTimeout: 120_000 },
  });
  const Bucket = address.bucket;
  const prefix = address.prefix === "" ? "" : `${address.prefix}/`;
  const Key = (name: string) => `${prefix}${name}`;
  const worded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw inWords(address, error);
    }
  };
  const objects = async (): Promise<Map<string, { size: number; at: number }>> => {
    const found = new Map<string, { size: number; at: number }>();
    let token: string | undefined;
    do {
      const answer = await client.send(
        new ListObjectsV2Command({ Bucket, Prefix: `${prefix}lc-backup-`, ContinuationToken: token }),
      );
      for (const { Key: key = "", Size = 0, LastModified } of answer.Contents ?? [])
        found.set(key.slice(prefix.length), { size: Size, at: LastModified?.getTime() ?? 0 });
      token = answer.IsTruncated ? answer.NextContinuationToken : undefined;
    } while (token);
    return found;
  };
  const read = async (name: string) => (await client.send(new GetObjectCommand({ Bucket, Key: Key(name) }))).Body;
  const removeOne = (name: string) => client.send(new DeleteObjectCommand({ Bucket, Key: Key(name) }));
  const callOffUploads = async (before: number): Promise<number> => {
    const listing = client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: `${prefix}lc-backup-` }));
    const { Uploads = [] } = await listing.catch((error: unknown) => {
      // Some storage does not tell, or not this key: then a rule of the storage itself has to end them.
      if (cannotTell(error)) return { Uploads: [] };
      throw error;
    });
    const stale = Uploads.filter(({ Initiated }) => Initiated !== undefined && Initiated.getTime() < before);
    for (const { Key: key, UploadId } of stale)
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key: key, UploadId }));
    return stale.length;
  };
  return {
    kind: "s3",
    place: s3Place(address),
    put: (name, sealed, signal) =>
      worded(async () => {
        let bytes = 0;
        const counted = sealed.map(
          (chunk: Uint8Array) => {
            bytes += chunk.length;
            return chunk;
          },
          { signal },
        );
        counted.on("error", () => undefined);
        const upload = new Upload({
          client,
          params: { Bucket, Key: Key(name), Body: counted, ContentType: "application/octet-stream" },
          partSize: partBytes,
          queueSize: partsAtOnce,
          leavePartsOnError: false,
        });
        const end = () => void upload.abort();
        signal.addEventListener("abort", end, { once: true });
        try {
          signal.throwIfAborted();
          await upload.done();
        } finally {
          signal.removeEventListener("abort", end);
        }
        const { ContentLength } = await client.send(new HeadObjectCommand({ Bucket, Key: Key(name) }));
        if (ContentLength === bytes) return;
        await removeOne(name);
        throw new BackupError(`${bytes} bytes were sent and ${ContentLength} arrived; what arrived was removed`, true);
      }),
    putCard: (card) =>
      worded(async () => {
        const Body = JSON.stringify(card);
        const ContentMD5 = createHash("md5").update(Body).digest("base64");
        await client.send(
          new PutObjectCommand({
            Bucket,
            Key: Key(cardName(card.name)),
            Body,
            ContentMD5,
            ContentType: "application/json",
          }),
        );
      }),
    list: () =>
      worded(async () => {
        const found = await objects();
        const whole = [...found].filter(([name]) => isArchiveName(name) && found.has(cardName(name)));
        const cards = whole.map(async ([name, { size }]) => {
          const card = readCard((await (await read(cardName(name)))?.transformToString()) ?? "", name);
          return card?.bytes === size ? card : undefined;
        });
        return byAge(await Promise.all(cards));
      }),
    open: (name) =>
      worded(async () => {
        try {
          // In Node the body is a stream of Node: a border.
          return (await read(name)) as unknown as Readable;
        } catch (error) {
          if (isGone(error)) throw new BackupError(`There is no backup ${name} in the bucket ${Bucket}.`);
          throw error;
        }
      }),
    remove: (name) =>
      worded(async () => {
        await removeOne(cardName(name));
        await removeOne(name);
      }),
    tidy: (now) =>
      worded(async () => {
        const before = now.getTime() - leftOverMs;
        const found = await objects();
        const stale = [...found].filter(
          ([name, { at }]) => isArchiveName(name) && !found.has(cardName(name)) && at < before,
        );
        for (const [name] of stale) await removeOne(name);
        return stale.length + (await callOffUploads(before));
      }),
    close: () => client.destroy(),
  };
};
