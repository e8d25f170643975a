// Spans as they are made: who is part of whom, what a failure tells, and that nothing happens without an exporter.
import { EventEmitter } from "node:events";
import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Exchange } from "../../gateway/exchange.ts";
import { inRequestSpan, nameRoute } from "../../gateway/request-span.ts";
import { currentRequestId, ofRequest } from "../../shared/broker/origin.ts";
import { logFields, outside, setTracer, traced, traceparent } from "../../shared/broker/tracing.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { createSendSpans } from "../../shared/messaging/send-spans.ts";
import type { OutgoingMessage } from "../../shared/messaging/transport.ts";

const exporter = new InMemorySpanExporter();
const theirs = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

beforeEach(() => {
  exporter.reset();
  setTracer(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer("test"));
});
afterEach(() => setTracer(undefined));

const spans = () =>
  exporter.getFinishedSpans().map((span) => ({
    name: span.name,
    traceId: span.spanContext().traceId,
    parent: span.parentSpanContext?.spanId,
    links: span.links.map((link) => link.context.traceId),
    attributes: span.attributes,
    status: span.status,
  }));

test("work inside of work is part of it, across awaits; work for itself is not", async () => {
  await ofRequest("request-1", () =>
    traced("outer", {}, async () => {
      await Promise.resolve();
      expect(logFields()).toEqual({ requestId: "request-1", traceId: traceparent()?.split("-")[1] });
      await traced("inner", { parent: "child" }, async () => undefined);
      outside(() => expect([traceparent(), currentRequestId()]).toEqual([undefined, undefined]));
    }),
  );
  await traced("alone", { parent: "child" }, async () => undefined);
  const [inner, outer] = spans();
  expect(spans().map(({ name }) => name)).toEqual(["inner", "outer"]);
  expect(inner?.traceId).toBe(outer?.traceId);
});

test("a traceparent that came along is carried on; one that is none begins a new trace", async () => {
  await traced("good", { parent: { traceparent: theirs } }, async () => undefined);
  await traced(
    "bad",
    { parent: { traceparent: "00-00000000000000000000000000000000-b7ad6b7169203331-01" } },
    async () => undefined,
  );
  const [good, bad] = spans();
  expect(good).toMatchObject({ traceId: "0af7651916cd43dd8448eb211c80319c", parent: "b7ad6b7169203331" });
  expect(bad?.parent).toBeUndefined();
});

test("a failure is told by its code, never by its words", async () => {
  await expect(
    traced("refused", {}, async () => {
      throw fail("CONTACT_NOT_FOUND", "ada@example.org is not there");
    }),
  ).rejects.toThrow();
  expect(spans()[0]).toMatchObject({ status: { code: 2, message: "CONTACT_NOT_FOUND" } });
  expect(JSON.stringify(spans())).not.toContain("ada@");
});

test("a request carries on its caller's trace only where callers are trusted; files of the app have no span", async () => {
  const ask = async (path: string, trust: boolean) => {
    const res = Object.assign(new EventEmitter(), { statusCode: 200 });
    const exchange = { req: { method: "GET", headers: { traceparent: theirs } }, res, path, requestId: "r" };
    await inRequestSpan(exchange as unknown as Exchange, trust, async () =>
      nameRoute(exchange as unknown as Exchange, "GET", "/t/c/:token"),
    );
    res.emit("close");
  };
  await ask("/t/c/secret", false);
  await ask("/t/c/secret", true);
  await ask("/contacts", true);
  const [first, second, third] = spans();
  expect(first).toMatchObject({
    name: "GET /t/c/:token",
    links: ["0af7651916cd43dd8448eb211c80319c"],
    parent: undefined,
  });
  expect(second).toMatchObject({ parent: "b7ad6b7169203331", links: [] });
  expect(third).toBeUndefined();
  expect(JSON.stringify(spans())).not.toContain("secret");
});

test("a campaign's messages share a span per group, which counts what became of them", async () => {
  const send = createSendSpans("email", "smtp");
  const message = (id: string, trace: string | null) =>
    ({ id, trace, attempts: 1, dispatch: { trace: theirs, sourceId: "c" } }) as unknown as OutgoingMessage;
  const group = [message("a", null), message("b", null)];
  send.begin([...group, message("c", theirs)]);
  const accepted = async () => ({ kind: "accepted", providerMessageId: null, detail: null }) as const;
  for (const one of group) await send.around(one, accepted);
  send.ended("a", "accepted");
  expect(spans()).toEqual([]);
  send.ended("b", "throttled");
  await send.around(message("c", theirs), accepted);
  expect(spans().map(({ name }) => name)).toEqual(["send email group", "send email"]);
  expect(spans()[0]?.attributes).toMatchObject({
    "lc.messages": 2,
    "lc.messages.accepted": 1,
    "lc.messages.throttled": 1,
  });
});

test("without an exporter work just runs", async () => {
  setTracer(undefined);
  expect(await traced("x", {}, async (span) => span.run(traceparent))).toBeUndefined();
  expect(logFields()).toEqual({});
  expect(spans()).toEqual([]);
});
