// Answers what Node's HTTP parser refuses before there is a request: an unknown method, headers that are too large or
// broken, a request that never ends. A problem as everywhere else, then the connection is closed.
import { randomUUID } from "node:crypto";
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { type ErrorCode, errorCatalogue } from "../contracts/errors.ts";
import { bareHeaders } from "./bare-headers.ts";

const codeOf = (error: Error): ErrorCode => {
  switch ((error as { code?: string }).code) {
    case "HPE_HEADER_OVERFLOW":
      return "HEADERS_TOO_LARGE";
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return "REQUEST_TOO_SLOW";
    default:
      return "REQUEST_MALFORMED";
  }
};

const answer = (error: Error, socket: Duplex): void => {
  // Node keeps the answer under way here; half of one must not be followed by another.
  const begun = (socket as { _httpMessage?: { headersSent?: boolean } })._httpMessage?.headersSent === true;
  if (begun || !socket.writable || (error as { code?: string }).code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const code = codeOf(error);
  const { status, title } = errorCatalogue[code];
  const requestId = randomUUID();
  const body = JSON.stringify({ type: `/api/docs#${code}`, title, status, code, requestId });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "connection: close",
    "content-type: application/problem+json",
    "cache-control: no-store",
    ...Object.entries(bareHeaders).map(([name, value]) => `${name}: ${value}`),
    `x-request-id: ${requestId}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
};

/**
 * Makes the server answer requests that cannot be parsed with 400, 408 or 431 problems. What a request expects beyond
 * `100-continue` is nothing that we have: it is answered as if it had not said so, instead of by Node's empty 417.
 */
export const answerClientErrors = (server: Server): void => {
  server.on("clientError", answer);
  server.on("checkExpectation", (req: IncomingMessage, res: ServerResponse) => server.emit("request", req, res));
};
