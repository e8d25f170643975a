// POST /imports: takes a multipart upload of any size, parts in any order, and stores it chunk by chunk while it arrives.
// The next chunk is read when the last one is stored, so memory stays flat; whatever goes wrong, nothing is left behind.
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import busboy from "busboy";
import { callAction } from "../../shared/broker/context.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { validate } from "../../shared/broker/validate.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { imports } from "../../shared/contracts/imports.ts";
import { checkDepth } from "../body.ts";
import { type Exchange, sendJson } from "../exchange.ts";
import type { PublicAction } from "../operations.ts";
import type { GatewaySettings } from "../settings.ts";
import { metaOf, runOnce } from "./api.ts";

/** Becomes 384 KiB of base64, inside what a call between processes should carry. */
const chunkBytes = 288 * 1024;
const fieldBytes = 1_000_000;
/** What mapping, options and the parts' own headers take at most. */
const besidesFile = 3 * 1024 * 1024;
const fieldNames = new Set(["mapping", "options"]);

interface StoredFile {
  readonly id: string;
  readonly bytes: number;
  readonly sha256: string;
}

interface Upload {
  readonly file: StoredFile;
  readonly mapping: unknown;
  readonly options: unknown;
}

const wrong = (path: string, message: string) =>
  fail("VALIDATION_FAILED", `The part "${path}" ${message}`, { errors: [{ path, message }] });

/** Chunks of exactly chunkBytes, but for the last. */
async function* inChunks(stream: Readable): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    pieces.push(piece);
    size += piece.length;
    while (size >= chunkBytes) {
      const all = Buffer.concat(pieces, size);
      yield all.subarray(0, chunkBytes);
      pieces = [all.subarray(chunkBytes)];
      size -= chunkBytes;
    }
  }
  if (size > 0) yield Buffer.concat(pieces, size);
}

const parseField = (fields: ReadonlyMap<string, string>, name: string): unknown => {
  const text = fields.get(name);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong(name, "is not JSON");
  }
  checkDepth(text, value, `The part "${name}"`);
  return value;
};

/** Reads all parts. `store` gets the file while it arrives. Rejects when the upload breaks off or a part is refused. */
const readParts = (
  req: Exchange["req"],
  limit: number,
  store: (fileName: string, stream: Readable) => Promise<StoredFile>,
): Promise<Upload> =>
  new Promise((resolve, reject) => {
    const fields = new Map<string, string>();
    let storing: Promise<StoredFile> | undefined;
    let parser: busboy.Busboy;
    try {
      parser = busboy({
        headers: req.headers,
        defParamCharset: "utf8",
        limits: { files: 1, fields: 10, parts: 20, fieldNameSize: 100, fieldSize: fieldBytes, fileSize: limit },
      });
    } catch (error) {
      reject(fail("BODY_MALFORMED", `The multipart body cannot be read: ${(error as Error).message}`));
      return;
    }
    let ended = false;
    const refuse = (error: unknown) => {
      if (ended) return;
      ended = true;
      req.unpipe(parser);
      req.off("close", onClose);
      // Drained, so that the client reads the answer instead of a broken connection; the parser's file stream is cut.
      req.resume();
      parser.destroy();
      reject(error);
    };
    const onClose = () => {
      if (!req.complete) refuse(fail("BODY_MALFORMED", "The upload broke off before its end"));
    };
    parser.on("field", (name, value, info) => {
      if (!fieldNames.has(name))
        refuse(wrong(name, "is not a part of this request; expected file, mapping and options"));
      else if (info.valueTruncated)
        refuse(fail("BODY_TOO_LARGE", `The part "${name}" is larger than ${fieldBytes} bytes`));
      else if (fields.has(name)) refuse(wrong(name, "is given more than once"));
      else fields.set(name, value);
    });
    parser.on("file", (name, stream, info) => {
      // A cut stream tells its reader; without a listener of its own it would also end the process.
      stream.on("error", () => undefined);
      if (ended) {
        stream.resume();
        return;
      }
      if (name !== "file") {
        stream.resume();
        refuse(wrong(name, "is a file; expected the file in the part named file"));
        return;
      }
      stream.on("limit", () =>
        refuse(fail("BODY_TOO_LARGE", `The file is larger than ${limit} bytes, which is the most one import takes`)),
      );
      storing = store(info.filename || "upload.csv", stream);
      storing.catch(refuse);
    });
    parser.on("filesLimit", () => refuse(wrong("file", "is given more than once; one import takes one file")));
    parser.on("fieldsLimit", () =>
      refuse(fail("BODY_MALFORMED", "The upload has more than 10 fields; expected mapping and options")),
    );
    parser.on("partsLimit", () =>
      refuse(fail("BODY_MALFORMED", "The upload has more than 20 parts; expected file, mapping and options")),
    );
    parser.on("error", (error: unknown) =>
      refuse(fail("BODY_MALFORMED", `The multipart body cannot be read: ${(error as Error).message}`)),
    );
    parser.on("close", () => {
      if (ended) return;
      if (!storing) {
        refuse(wrong("file", "is missing; send the CSV in the part named file"));
        return;
      }
      storing
        .then((file) => {
          if (ended) return;
          const upload = { file, mapping: parseField(fields, "mapping"), options: parseField(fields, "options") ?? {} };
          ended = true;
          req.off("close", onClose);
          resolve(upload);
        })
        .catch(refuse);
    });
    req.on("close", onClose);
    req.on("error", () => undefined);
    req.pipe(parser);
  });

/** Checks mapping and options before the import starts; paths are those of the parts. */
const checkParts = ({ file, mapping, options }: Upload) => {
  if (mapping === undefined) throw wrong("mapping", 'is missing; send JSON such as {"Email":"email"}');
  return validate(imports.actions.submit.params, { id: file.id, mapping, options }, "imports.submit");
};

/** The handler of the upload. Throws 415 unless the body is plain multipart/form-data, 413 before reading when it says to be too large. */
export const uploadImport =
  (deps: Deps, settings: GatewaySettings, action: PublicAction) =>
  async (exchange: Exchange): Promise<void> => {
    const type = exchange.req.headers["content-type"] ?? "";
    if (!/^multipart\/form-data\b/i.test(type))
      throw fail(
        "MEDIA_TYPE_UNSUPPORTED",
        `The body is ${type ? `"${type.slice(0, 100)}"` : "of no stated type"}; send multipart/form-data with the parts file, mapping and options`,
      );
    const most = settings.uploadLimit + besidesFile;
    if (Number(exchange.req.headers["content-length"] ?? 0) > most)
      throw fail("BODY_TOO_LARGE", `The upload is larger than ${most} bytes, which is the most one import takes`);
    const encoding = exchange.req.headers["content-encoding"];
    if (encoding && encoding !== "identity")
      throw fail("MEDIA_TYPE_UNSUPPORTED", `The body is compressed (${encoding.slice(0, 50)}); send it uncompressed`);
    const { broker } = deps;
    const meta = metaOf(exchange);
    let begun: string | undefined;
    let storing: Promise<StoredFile> | undefined;
    let submitted = false;

    const storeFile = async (fileName: string, stream: Readable): Promise<StoredFile> => {
      const sha = createHash("sha256");
      let bytes = 0;
      let seq = 0;
      // The stream waits: nothing reads it before the import has begun.
      const { id } = await callAction(broker, "imports.begin", { fileName: fileName.slice(0, 300) }, meta);
      begun = id;
      for await (const chunk of inChunks(stream)) {
        sha.update(chunk);
        bytes += chunk.length;
        await callAction(broker, "imports.storeChunk", { id, seq: seq++, data: chunk.toString("base64") }, meta);
      }
      return { id, bytes, sha256: sha.digest("hex") };
    };

    const store = (fileName: string, stream: Readable) => {
      storing = storeFile(fileName, stream);
      return storing;
    };
    /** Waits until nothing more is being stored, then throws away what was. The answer does not wait for it. */
    const cleanUp = async () => {
      await storing?.catch(() => undefined);
      if (begun) await callAction(broker, "imports.discard", { id: begun }, meta);
    };

    try {
      const upload = await readParts(exchange.req, settings.uploadLimit, store);
      const params = checkParts(upload);
      const describe = () => ({
        mapping: params.mapping,
        options: params.options,
        file: upload.file.sha256,
        bytes: upload.file.bytes,
      });
      const answer = await runOnce(deps, exchange, action, describe, async (key) => {
        const submittedImport = await callAction(broker, "imports.submit", params, metaOf(exchange, key));
        submitted = true;
        return submittedImport;
      });
      exchange.objectId = (answer.value as { id?: string }).id;
      sendJson(exchange, answer.status, answer.value);
    } finally {
      if (storing && !submitted)
        cleanUp().catch((error: unknown) =>
          deps.log.warn(`an unfinished upload could not be thrown away: ${(error as Error).message}`),
        );
    }
  };
