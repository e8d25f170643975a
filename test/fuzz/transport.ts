// A request on its way: what carries the values, and how it is spoilt: bytes, types and encodings of the body, the path, the
// query, the headers, the method.
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { names, oddText } from "./hostile.ts";

export interface Attack {
  /** `<service>.<verb>`, or what the gateway's own route is called. */
  readonly operation: string;
  /** Whose credentials it carries; see test/fuzz/world.ts. */
  readonly who: string;
  readonly method: string;
  /** With `~~pool~n~~` where an id of something that exists goes. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array | undefined;
}

export type Change = (attack: Attack) => Attack;
/** Longer ones never get past the limit on headers. */
export const shortText = oddText.map((text) => text.slice(0, 1_000));
const nothing: Change = (attack) => attack;
export const json = { "content-type": "application/json" };

const textOf = (body: Attack["body"]): string => (typeof body === "string" ? body : "{}");
const withBytes = (attack: Attack, body: string | Uint8Array, headers: Attack["headers"] = json): Attack => ({
  ...attack,
  body,
  headers: { ...attack.headers, ...headers },
});

const bodies: fc.Arbitrary<Change> = fc.oneof(
  fc.nat(200).map(
    (n): Change =>
      (a) =>
        withBytes(a, textOf(a.body).slice(0, Math.max(1, n % (textOf(a.body).length + 1)))),
  ),
  fc
    .constantFrom(
      "",
      "null",
      "[]",
      '"x"',
      "1",
      "{",
      "}",
      '{"a":1}{"b":2}',
      '{"a":1,}',
      "{'a':1}",
      "\ufeff{}",
      "NaN",
      "a=b",
      "<x/>",
      "--b\r\n",
    )
    .map(
      (bytes): Change =>
        (a) =>
          withBytes(a, bytes),
    ),
  fc.constantFrom(100, 10_000, 200_000).map(
    (n): Change =>
      (a) =>
        withBytes(a, `{"a":${"[".repeat(n)}${"]".repeat(n)}}`),
  ),
  fc.constantFrom(100, 10_000, 200_000).map(
    (n): Change =>
      (a) =>
        withBytes(a, `${'{"a":'.repeat(n)}1${"}".repeat(n)}`),
  ),
  fc.uint8Array({ minLength: 1, maxLength: 60 }).map(
    (bytes): Change =>
      (a) =>
        withBytes(a, bytes),
  ),
  names.map(
    (name): Change =>
      (a) => {
        const text = textOf(a.body);
        return withBytes(
          a,
          `${text.slice(0, -1)}${text.length > 2 ? "," : ""}${JSON.stringify(name)}:{"admin":true},${JSON.stringify(name)}:1}`,
        );
      },
  ),
  fc.constant<Change>((a) => withBytes(a, Buffer.from(textOf(a.body), "utf16le"))),
  fc
    .constantFrom(
      "text/plain",
      "",
      "application/x-www-form-urlencoded",
      "multipart/form-data",
      "multipart/form-data; boundary=",
      "multipart/form-data; boundary=b",
      "application/json; charset=utf-16",
      "application/json, text/html",
      "application/",
      "application/xml",
      "\u00ff",
    )
    .map(
      (type): Change =>
        (a) =>
          withBytes(a, textOf(a.body), { "content-type": type }),
    ),
  fc.constantFrom("gzip", "deflate", "br", "gzip, gzip", "x").map(
    (encoding): Change =>
      (a) =>
        withBytes(a, gzipSync(Buffer.alloc(1_000_000)), { ...json, "content-encoding": encoding }),
  ),
);

const paths: fc.Arbitrary<Change> = fc
  .constantFrom<(path: string) => string>(
    (path) => `${path}/`,
    (path) => `${path}//`,
    (path) => `/${path}`,
    (path) => path.toUpperCase(),
    (path) => path.replace("/api/", "/API/"),
    (path) => path.replaceAll("/", "%2f"),
    (path) => path.replace(/\/([^/]*)$/, "%2F$1"),
    (path) => path.replace(/\/([^/]*)$/, "/%252e%252e/$1"),
    (path) => path.replace("/v1/", "/v1/../v1/"),
    (path) => path.replace("/v1/", "/v1/%2e%2e/v1/"),
    (path) => path.replace("/v1/", "/v1/./"),
    (path) => path.replace("/v1/", "/v1/..%5c"),
    (path) => `${path};a=b`,
    (path) => `${path}%00`,
    (path) => `${path}%`,
    (path) => `${path}%ff`,
    (path) => `${path}.json`,
    (path) => `${path}#x`,
    (path) => `http://evil.example${path}`,
    (path) => `${path}/${"a/".repeat(3_000)}`,
    (path) => `${path}${"%41".repeat(3_000)}`,
  )
  .map(
    (change): Change =>
      (a) => {
        const mark = a.path.indexOf("?");
        return { ...a, path: mark === -1 ? change(a.path) : change(a.path.slice(0, mark)) + a.path.slice(mark) };
      },
  );

const addQuery = (a: Attack, text: string): Attack => ({
  ...a,
  path: `${a.path}${a.path.includes("?") ? "&" : "?"}${text}`,
});
const queries: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(names, shortText).map(
    ([name, value]): Change =>
      (a) =>
        addQuery(a, `${encode(name)}=${encode(value)}`),
  ),
  fc
    .constantFrom(
      "limit=1&limit=2",
      "cursor=a&cursor=b",
      "limit=0",
      "limit=1001",
      "limit=1e3",
      "limit=%00",
      "limit=1;drop",
      "cursor=",
      "sort=email",
      "limit[]=1",
      "limit[a][b]=1",
      "q",
      "=",
      "&&&",
      "%",
      "%zz=1",
      "__proto__[a]=1",
      "id=1",
      "fields=*",
      "include=user",
      "expand=all",
      "debug=1",
      "role=owner",
    )
    .map(
      (text): Change =>
        (a) =>
          addQuery(a, text),
    ),
  fc.nat(9).map(
    (n): Change =>
      (a) =>
        addQuery(a, Array.from({ length: 300 }, (_, i) => `k${i % (n + 1)}=${i}`).join("&")),
  ),
);

const headerText = fc.oneof(
  oddText.map((text) => text.replace(/[^\x20-\x7e\xa0-\xff]/g, "").slice(0, 4_000)),
  fc.constantFrom(
    "*",
    '"1"',
    'W/"1"',
    '"999999999"',
    '"-1"',
    "a, b",
    "x".repeat(300),
    "http://evil.example",
    "null",
    "https",
    "127.0.0.1",
    "::1",
    "1, 2, 3",
  ),
);
const headers: fc.Arbitrary<Change> = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        "if-match",
        "if-none-match",
        "if-modified-since",
        "idempotency-key",
        "x-http-method-override",
        "x-method-override",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "forwarded",
        "x-real-ip",
        "x-original-url",
        "x-rewrite-url",
        "host",
        "origin",
        "referer",
        "accept",
        "accept-encoding",
        "accept-language",
        "range",
        "traceparent",
        "tracestate",
        "baggage",
        "x-request-id",
        "x-correlation-id",
        "user-agent",
        "cookie",
        "x-csrf-token",
        "sec-fetch-site",
        "content-type",
        "last-event-id",
        "te",
        "expect",
        "upgrade",
        "x-moleculer-meta",
        "access-control-request-method",
        "access-control-request-headers",
      ),
      headerText,
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map(
    (given): Change =>
      (a) => ({ ...a, headers: { ...a.headers, ...Object.fromEntries(given) } }),
  );

const methods: fc.Arbitrary<Change> = fc
  .constantFrom(
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "PROPFIND",
    "LINK",
    "PURGE",
    "QUERY",
  )
  .map(
    (method): Change =>
      (a) => ({ ...a, method }),
  );

/** Nothing in two of three, else one change of what carries the values. */
export const transports: fc.Arbitrary<Change> = fc.oneof(
  { arbitrary: fc.constant(nothing), weight: 65 },
  { arbitrary: bodies, weight: 10 },
  { arbitrary: queries, weight: 9 },
  { arbitrary: headers, weight: 9 },
  { arbitrary: paths, weight: 4 },
  { arbitrary: methods, weight: 3 },
);

/** As a client would write it into a path or a query; half of a surrogate pair cannot be. */
export const encode = (text: string): string => encodeURIComponent(text.toWellFormed());
