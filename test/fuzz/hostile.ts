// What somebody who means harm, or a broken program, puts where a value belongs, and how a good request is spoilt.
import fc from "fast-check";

const deep = (levels: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
};

/** Names that mean something to an engine, a database, a template or a shell. */
export const names = fc.constantFrom(
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "then",
  "length",
  "id",
  "role",
  "abilities",
  "userId",
  "createdAt",
  "updatedAt",
  "state",
  "status",
  "score",
  "meta",
  "$where",
  "$ref",
  "",
  " ",
  "\0",
  "a.b",
  "a[0]",
  "0",
  "permission",
  "version",
  "isAdmin",
  "passwordHash",
  "password_hash",
  "communities",
  "\ud800",
);

const words = fc.constantFrom(
  "",
  " ",
  "\0",
  "a\0b",
  "\ud800",
  "\udfff\ud800",
  "\ufffe",
  "\u202e",
  "\u0000\u0001\u001f",
  "ﬀ",
  "İ",
  "ß",
  "🏴‍☠️",
  "{{constructor}}",
  "{{",
  "}}",
  "{{#each}}",
  "<{{firstName}}>",
  "%00",
  "%",
  "%s%s%n",
  "%2e%2e%2f",
  "\\",
  "\\u0000",
  "'",
  "''",
  "'; drop table contacts.contacts; --",
  "' or '1'='1",
  "1) or (1=1",
  "$1",
  "?",
  "??",
  "::text",
  "/*",
  "--",
  ";",
  "_",
  "%%",
  "\\_%",
  "*",
  "(",
  "[",
  "(a+)+$",
  "to_tsquery('a:*')",
  "a & | !",
  ":*",
  "<->",
  "NaN",
  "Infinity",
  "1e400",
  "١",
  "0x10",
  "../../../../etc/passwd",
  "..\\..\\windows",
  "/etc/passwd",
  "file:///etc/passwd",
  "http://169.254.169.254/latest/",
  "javascript:alert(1)",
  "data:text/html,x",
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "=cmd|' /C calc'!A0",
  "\r\nBcc: a@b.co",
  "a\r\n\r\nb",
  "a@b.co\r\nSubject: x",
  "a@b",
  "@",
  "a@b.co,c@d.co",
  '"a b"@example.com',
  "<a@b.co>",
  `${"a".repeat(64)}@${"b".repeat(250)}.co`,
  "xn--80ak6aa92e.com",
  "ä@ö.de",
  "0000-01-01T00:00:00Z",
  "9999-12-31T23:59:59Z",
  "2024-02-30T00:00:00Z",
  "2026-01-01",
  "2026-01-01T00:00:00+14:00",
  "-271821-04-20T00:00:00.000Z",
  "null",
  "undefined",
  "true",
  "[object Object]",
  "00000000-0000-0000-0000-000000000000",
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
  "{}",
  "[]",
  "[1]",
  "WyJ4Il0",
  "WyJcdTAwMDAiXQ",
  "W251bGxd",
  "WzFlOTld",
  "bnVsbA",
  "e30",
  "WyIyMDI2LTAxLTAxIiwiMCJd",
  "lc_x",
  "Bearer x",
);

/** A wrong value: of another type, at a border, broken, very large, very deep. */
export const odd: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: words, weight: 6 },
  {
    arbitrary: fc.constantFrom<unknown>(
      null,
      true,
      false,
      0,
      -0,
      -1,
      0.5,
      1e308,
      -1e308,
      1e-320,
      2 ** 31,
      2 ** 31 - 1,
      -(2 ** 31) - 1,
      2 ** 53,
      2 ** 63,
      1e21,
    ),
    weight: 3,
  },
  {
    arbitrary: fc.constantFrom<unknown>(
      [],
      {},
      [null],
      [[]],
      [{}],
      { a: 1 },
      { length: 1e9 },
      { toString: 1 },
      { id: 1 },
    ),
    weight: 2,
  },
  {
    arbitrary: fc
      .constantFrom<() => unknown>(
        () => "x".repeat(5_000),
        () => "é".repeat(100_000),
        () => "\u0301".repeat(3_000),
        () => "(".repeat(20_000),
        () => "{{".repeat(20_000),
        () => new Array(2_000).fill("x"),
        () => Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`k${i}`, i])),
        () => deep(30),
        () => deep(62),
        () => deep(300),
      )
      .map((make) => make()),
    weight: 2,
  },
  { arbitrary: fc.string({ unit: "binary" }), weight: 1 },
  { arbitrary: fc.jsonValue({ maxDepth: 3 }), weight: 1 },
  { arbitrary: names.map((name) => JSON.parse(`{${JSON.stringify(name)}:{"admin":true}}`) as unknown), weight: 1 },
);

type Path = readonly (string | number)[];

const spotsIn = (value: unknown, path: Path = []): Path[] => {
  if (typeof value !== "object" || value === null || path.length > 8) return [path];
  const entries = Array.isArray(value) ? value.map((inner, i) => [i, inner] as const) : Object.entries(value);
  return [path, ...entries.slice(0, 50).flatMap(([key, inner]) => spotsIn(inner, [...path, key]))];
};

/** A copy of `value` in which what stands at `path` went through `change`; undefined takes it away. */
const changeAt = (value: unknown, [key, ...rest]: Path, change: (old: unknown) => unknown): unknown => {
  if (key === undefined) return change(value);
  if (Array.isArray(value)) return value.map((inner, i) => (i === key ? changeAt(inner, rest, change) : inner));
  const entries = Object.entries(value as object).flatMap(([name, inner]) => {
    const next = name === key ? changeAt(inner, rest, change) : inner;
    return next === undefined ? [] : [[name, next] as const];
  });
  return Object.fromEntries(entries);
};

/** Adds a field without touching prototypes: JSON.parse makes `__proto__` a plain field, as a client's bytes would. */
const withField = (old: unknown, name: string, value: unknown): unknown =>
  typeof old === "object" && old !== null && !Array.isArray(old)
    ? (JSON.parse(
        `{${[...Object.entries(old), [name, value] as const].map(([n, v]) => `${JSON.stringify(n)}:${JSON.stringify(v ?? null)}`).join(",")}}`,
      ) as unknown)
    : [old, value];

type Spoil = (value: Record<string, unknown>) => Record<string, unknown>;

const spoil: fc.Arbitrary<Spoil> = fc
  .record({
    spot: fc.nat(60),
    way: fc.constantFrom("replace", "replace", "replace", "remove", "add", "add", "wrap"),
    value: odd,
    name: names,
  })
  .map(({ spot, way, value, name }) => (whole) => {
    const spots = spotsIn(whole);
    const path = spots[spot % spots.length] ?? [];
    // The whole stays an object; what is none is a matter of bytes, not of values.
    if (way === "add" || path.length === 0)
      return changeAt(whole, way === "add" ? path.slice(0, -1) : [], (old) => withField(old, name, value)) as Record<
        string,
        unknown
      >;
    if (way === "remove") return changeAt(whole, path, () => undefined) as Record<string, unknown>;
    return changeAt(whole, path, (old) => (way === "wrap" ? [old] : value)) as Record<string, unknown>;
  });

/** Nothing in four of ten, else one to three changes. */
export const spoils: fc.Arbitrary<Spoil> = fc
  .oneof(
    { arbitrary: fc.constant([] as Spoil[]), weight: 4 },
    { arbitrary: fc.array(spoil, { minLength: 1, maxLength: 1 }), weight: 4 },
    { arbitrary: fc.array(spoil, { minLength: 2, maxLength: 3 }), weight: 2 },
  )
  .map((changes) => (whole) => changes.reduce((value, change) => change(value), whole));

/** A value where only text fits: path, query, header. */
export const oddText: fc.Arbitrary<string> = odd.map((value) =>
  typeof value === "string" ? value : (JSON.stringify(value) ?? ""),
);
