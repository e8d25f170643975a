// What the answers of Resend and Postmark mean: nobody's address is condemned for our mistakes, and doubt stays doubt.
import http from "node:http";
import net from "node:net";
import { afterEach, expect, test } from "vitest";
import type { HttpWord } from "../../services/email/providers/http-call.ts";
import { mailbox } from "../../services/email/providers/mailbox.ts";
import { createPostmarkProvider } from "../../services/email/providers/postmark.ts";
import { postmarkOutcome } from "../../services/email/providers/postmark-answer.ts";
import { resendVerdict } from "../../services/email/providers/resend-answer.ts";

const answer = (status: number, body: unknown, retryAfterMs?: number): HttpWord => ({
  kind: "answer",
  status,
  body,
  retryAfterMs,
});
const unreachable: HttpWord = { kind: "unreachable", detail: "connect ECONNREFUSED" };
const silent: HttpWord = { kind: "silent", detail: "socket hang up" };
const resend = (status: number, name: string, retryAfterMs?: number) =>
  answer(status, { statusCode: status, name, message: "…" }, retryAfterMs);
const postmark = (status: number, ErrorCode: number, Message = "…") => answer(status, { ErrorCode, Message });

test.each([
  ["taken", answer(200, { id: "r1" }), { kind: "accepted", providerMessageId: "r1" }],
  ["taken, but the answer broke off", answer(200, undefined), { kind: "accepted", providerMessageId: null }],
  ["rate limit", resend(429, "rate_limit_exceeded", 3_000), { kind: "throttled", retryAfterMs: 3_000 }],
  ["used-up quota", resend(429, "daily_quota_exceeded"), { kind: "throttled", retryAfterMs: 600_000 }],
  ["wrong key", resend(403, "invalid_api_key"), { kind: "throttled", fault: true }],
  ["missing key", resend(401, "missing_api_key"), { kind: "throttled", fault: true }],
  ["wrong address of the API", answer(404, "<html>"), { kind: "throttled", fault: true }],
  ["bad recipient", resend(422, "validation_error"), { kind: "rejected", suppress: false }],
  ["unverified sender", resend(422, "invalid_from_address"), { kind: "transient" }],
  ["failure in its own words", resend(500, "internal_server_error"), { kind: "transient", fault: true }],
  ["a key that had another text", resend(409, "invalid_idempotent_request"), { kind: "unknown" }],
  ["no connection", unreachable, { kind: "throttled", fault: true }],
])("Resend: %s", (_, word, outcome) => {
  expect(resendVerdict(word)).toMatchObject({ outcome, unsure: false });
});

test.each([
  ["a gateway's 502", answer(502, undefined)],
  ["an earlier call under way", resend(409, "concurrent_idempotent_requests")],
  ["silence", silent],
])("Resend: %s is asked again", (_, word) => {
  expect(resendVerdict(word)).toMatchObject({ outcome: { kind: "unknown" }, unsure: true });
});

test.each([
  ["taken", answer(200, { ErrorCode: 0, MessageID: "p1" }), { kind: "accepted", providerMessageId: "p1" }],
  ["rate limit without a time", postmark(429, 429), { kind: "throttled", retryAfterMs: 1_000 }],
  ["wrong token", postmark(401, 10), { kind: "throttled", fault: true }],
  ["account without credit", postmark(422, 405), { kind: "throttled", fault: true }],
  ["inactive recipient", postmark(422, 406), { kind: "rejected", suppress: true }],
  ["bad recipient", postmark(422, 300, "Invalid 'To' address: 'x'."), { kind: "rejected", suppress: false }],
  ["bad sender", postmark(422, 300, "Invalid 'From' address: 'x'."), { kind: "transient" }],
  ["unverified sender", postmark(422, 400), { kind: "transient" }],
  ["maintenance", answer(503, undefined), { kind: "transient", fault: true }],
  ["a 500, which loses most mails but not all", answer(500, undefined), { kind: "unknown", fault: true }],
  ["silence", silent, { kind: "unknown", fault: true }],
  ["no connection", unreachable, { kind: "throttled", fault: true }],
])("Postmark: %s", (_, word, outcome) => {
  expect(postmarkOutcome(word)).toMatchObject(outcome);
});

test("a sender's name is quoted, and can start no header", () => {
  expect(mailbox({ name: 'Müller, "AG"', address: "a@b.example" })).toBe('"Müller, \\"AG\\"" <a@b.example>');
  expect(mailbox({ name: "x\r\nBcc: y@z.example", address: "a@b.example" })).toBe('"x Bcc: y@z.example" <a@b.example>');
  expect(mailbox({ name: " ", address: "a@b.example" })).toBe("a@b.example");
});

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});
/** Sends one mail, whose lease lasts so many milliseconds more, to a server on a free port. */
const sentTo = async (server: net.Server, scheme: string, leaseMs: number) => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  const url = `${scheme}://127.0.0.1:${port}`;
  const provider = createPostmarkProvider({ token: "t", url, bulkStream: "b", answerMs: 60_000 });
  closers.push(
    () => void provider.close(),
    () => void server.close(),
  );
  const from = { name: "Us", address: "us@example.org" };
  const words = { replyTo: undefined, subject: "x", html: "", text: "x", messageId: "<k@example.org>" };
  return provider.send({
    envelope: { from: from.address, to: "a@example.org" },
    key: "k",
    deadline: performance.now() + leaseMs,
    raw: () => Buffer.alloc(0),
    parts: () => ({ ...words, from, to: "a@example.org", headers: {}, bulk: true }),
  });
};

test("a connection that comes about only when the lease is nearly over hands nothing over", async () => {
  const sockets: net.Socket[] = [];
  // It never answers the TLS handshake.
  const server = net.createServer((socket) => sockets.push(socket.on("error", () => undefined)));
  expect(await sentTo(server, "https", 2_100)).toMatchObject({
    kind: "throttled",
    detail: expect.stringMatching(/no connection within \d{1,2} ms/),
  });
  for (const socket of sockets) socket.destroy();
});

test("a provider that asks to be left alone for years is asked again after an hour", async () => {
  const server = http.createServer((_, answer) => answer.writeHead(429, { "Retry-After": "99999999" }).end("{}"));
  expect(await sentTo(server, "http", 60_000)).toMatchObject({ kind: "throttled", retryAfterMs: 3_600_000 });
});
