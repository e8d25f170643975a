// Reads JSON bodies within limits: size, time, type, encoding and depth. What is refused is drained, so that the answer arrives.
import type { IncomingMessage } from "node:http";
import { fail } from "../shared/contracts/errors.ts";
import { hasBody } from "./exchange.ts";

const maxDepth = 64;
const readDeadlineMs = 30_000;

/** Throws MEDIA_TYPE_UNSUPPORTED unless the body is uncompressed JSON in UTF-8. */
const checkType = (req: IncomingMessage): void => {
  const header = req.headers["content-type"] ?? "";
  const [type = "", ...parameters] = header.split(";").map((part) => part.trim().toLowerCase());
  if (type !== "application/json" && !/^application\/[\w.-]+\+json$/.test(type))
    throw fail(
      "MEDIA_TYPE_UNSUPPORTED",
      `The body is ${header ? `"${header.slice(0, 100)}"` : "of no stated type"}; send JSON as Content-Type: application/json`,
    );
  const charset = parameters
    .find((parameter) => parameter.startsWith("charset="))
    ?.slice(8)
    .replaceAll('"', "");
  if (charset && charset !== "utf-8" && charset !== "utf8")
    throw fail("MEDIA_TYPE_UNSUPPORTED", `The body is encoded as ${charset.slice(0, 50)}; send UTF-8`);
  const encoding = req.headers["content-encoding"];
  if (encoding && encoding !== "identity")
    throw fail("MEDIA_TYPE_UNSUPPORTED", `The body is compressed (${encoding.slice(0, 50)}); send it uncompressed`);
};

/**
 * The body's bytes. Throws BODY_TOO_LARGE above `limit` bytes and BODY_MALFORMED when it breaks off or takes over 30 s.
 */
export const readBytes = (req: IncomingMessage, limit: number): Promise<Buffer> => {
  const tooLarge = () =>
    fail("BODY_TOO_LARGE", `The body is larger than ${limit} bytes, which is the most this endpoint takes`);
  if (Number(req.headers["content-length"] ?? 0) > limit) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(
      () => end(() => reject(fail("BODY_MALFORMED", "The body did not arrive within 30 seconds"))),
      readDeadlineMs,
    );
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) end(() => reject(tooLarge()));
      else chunks.push(chunk);
    };
    const onEnd = () => end(() => resolve(Buffer.concat(chunks, size)));
    const onBroken = () => end(() => reject(fail("BODY_MALFORMED", "The body broke off before its end")));
    const end = (settle: () => void) => {
      clearTimeout(timer);
      req.off("data", onData).off("end", onEnd).off("error", onBroken).off("close", onBroken);
      req.on("error", () => undefined);
      req.resume();
      settle();
    };
    req.on("data", onData).on("end", onEnd).on("error", onBroken).on("close", onBroken);
  });
};

/** Throws BODY_MALFORMED when the value that `text` stands for nests deeper than 64 levels. Walks without recursion, since recursion is what deep nesting breaks. */
export const checkDepth = (text: string, value: unknown, what = "The body"): void => {
  // Most bodies have fewer brackets than levels are allowed; counting those is much cheaper than walking.
  let brackets = 0;
  for (let at = 0; at < text.length && brackets <= maxDepth; at++) {
    const character = text.charCodeAt(at);
    if (character === 0x7b || character === 0x5b) brackets++;
  }
  if (brackets <= maxDepth) return;
  const open: { value: unknown; depth: number }[] = [{ value, depth: 1 }];
  for (let item = open.pop(); item; item = open.pop()) {
    if (item.depth > maxDepth) throw fail("BODY_MALFORMED", `${what} nests deeper than ${maxDepth} levels`);
    for (const inner of Object.values(item.value as object))
      if (typeof inner === "object" && inner !== null) open.push({ value: inner, depth: item.depth + 1 });
  }
};

const parse = (bytes: Buffer): unknown => {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw fail("BODY_MALFORMED", "The body is not valid UTF-8");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The engine quotes the body in its message; only the place is repeated.
    const place = /at position \d+(?: \(line \d+ column \d+\))?/.exec((error as Error).message)?.[0] ?? "at its end";
    throw fail("BODY_MALFORMED", `The body is not JSON: it goes wrong ${place}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw fail(
      "BODY_MALFORMED",
      `The body is ${value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`}; expected a JSON object`,
    );
  checkDepth(text, value);
  return value;
};

/**
 * The JSON object in a request's body; an empty object when there is no body.
 * Throws MEDIA_TYPE_UNSUPPORTED (415), BODY_TOO_LARGE (413) or BODY_MALFORMED (400).
 */
export const readJson = async (req: IncomingMessage, limit: number): Promise<Record<string, unknown>> => {
  if (!hasBody(req)) return {};
  checkType(req);
  const bytes = await readBytes(req, limit);
  return bytes.length === 0 ? {} : (parse(bytes) as Record<string, unknown>);
};
