// The one way in which a URL that somebody else chose is called: checked, its name looked up once, the connection bound to
// the address that was checked, no redirect followed, size and time capped. So a name that leads to a public address when
// it is checked and to a private one a moment later (DNS rebinding) reaches nothing.
import { lookup as lookUp } from "node:dns/promises";
import http from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";
import { isLoopbackAddress, isPublicAddress } from "./public-address.ts";
import { refuseTarget, type TargetRules } from "./target.ts";

/** Every address of a name. Rejects when there is none. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export interface OutboundRequest extends TargetRules {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds for everything, from the look-up to the last byte. */
  readonly timeoutMs: number;
  /** Bytes of the answer that are read; more is an error. 0: only the status counts, the body is thrown away unread. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
  /** The authority that counts instead of the usual ones, in PEM. For tests with servers of their own. */
  readonly ca?: string;
  /** Instead of the machine's own look-up. */
  readonly resolve?: Resolve;
}

export interface OutboundAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Why nothing was called, or no answer came, in words without what the other side said and without inner addresses. */
export class OutboundFailed extends Error {
  override name = "OutboundFailed";
}

const DISCARDED = 16 * 1024;

const byMachine: Resolve = async (host) => (await lookUp(host, { all: true })).map(({ address }) => address);

/** All of them must be fit: who answers with a public and a private address at once is not to be trusted with either. */
const checked = (host: string, addresses: readonly string[], loopback: boolean): readonly string[] => {
  const fits = (address: string) => isPublicAddress(address) || (loopback && isLoopbackAddress(address));
  if (addresses.length === 0) throw new OutboundFailed(`${host} leads nowhere`);
  if (!addresses.every(fits)) throw new OutboundFailed(`${host} leads to a private address; expected a public one`);
  return addresses;
};

/** Answers every look-up of the connection with the addresses that were checked. */
const pinned =
  (addresses: readonly string[]): LookupFunction =>
  (_host, options, callback) => {
    const entries = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    const [first] = entries;
    if (options.all) callback(null, entries);
    else callback(null, first?.address ?? "", first?.family);
  };

const inWords = (error: Error & { code?: string }, timeoutMs: number): OutboundFailed => {
  if (error instanceof OutboundFailed) return error;
  if (error.name === "TimeoutError" || error.name === "AbortError")
    return new OutboundFailed(`No answer within ${timeoutMs / 1_000} s`);
  if (error.code === "ENOTFOUND" || error.code === "ENODATA")
    return new OutboundFailed(`The name cannot be found (${error.code})`);
  // The message may name addresses; the code says enough.
  return new OutboundFailed(`The connection failed (${error.code ?? "broken off"})`);
};

/** Lets a short body run out, so that the other side does not see a broken connection; cuts a long one. */
const discard = (answer: http.IncomingMessage): void => {
  let size = 0;
  answer.on("error", () => undefined);
  answer.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > DISCARDED) answer.destroy();
  });
};

const read = async (answer: http.IncomingMessage, maxBytes: number): Promise<Buffer> => {
  if (maxBytes === 0) {
    discard(answer);
    return Buffer.alloc(0);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new OutboundFailed(`The answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
};

/**
 * Calls `text` once and resolves with the answer, whatever its status; a redirect is an answer like any other.
 * Throws OutboundFailed when the address may not be called, and when no answer came in time or within the size.
 */
export const callOutside = async (text: string, request: OutboundRequest): Promise<OutboundAnswer> => {
  const { method = "GET", headers = {}, body, timeoutMs, maxBytes, loopback = false, ca } = request;
  const refused = refuseTarget(text, { loopback });
  if (refused) throw new OutboundFailed(`The address ${refused}`);
  const url = new URL(text);
  const secure = url.protocol === "https:";
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = request.signal ? AbortSignal.any([request.signal, deadline]) : deadline;
  const late = new Promise<never>((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
  );
  late.catch(() => undefined);
  try {
    signal.throwIfAborted();
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const literal = isPublicAddress(host) || isLoopbackAddress(host);
    const found = literal ? [host] : await Promise.race([(request.resolve ?? byMachine)(host), late]);
    const lookup = pinned(checked(host, found, loopback));
    const options = { method, lookup, signal, agent: false as const, autoSelectFamily: true };
    const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const outgoing = (secure ? https : http).request(
        url,
        { ...options, ...(ca === undefined ? {} : { ca }), headers: { ...headers, ...length } },
        resolve,
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
    const { statusCode: status = 0, headers: answered } = answer;
    return { status, headers: answered, body: await read(answer, maxBytes) };
  } catch (error) {
    throw inWords(error as Error, timeoutMs);
  }
};
