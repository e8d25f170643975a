// Answers what Node's HTTP parser refuses before there is a request: an unknown method, headers that are too large or
// broken, a request that never ends. A problem as everywhere else, then the connection is closed.
import { randomUUID } from "node:crypto";
import { type Server, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { type ErrorCode, errorCatalogue } from "../contracts/errors.ts";
import { bareHeaders } from "./bare-headers.ts";

const bare = Object.entries(bareHeaders)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join("");

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
  const body = JSON.stringify({ type: `/api/docs#${code}`, title, status, code, requestId: randomUUID() });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n${bare}content-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
};

/** Makes the server answer requests that cannot be parsed with 400, 408 or 431 problems. */
export const answerClientErrors = (server: Server): void => {
  server.on("clientError", answer);
};
