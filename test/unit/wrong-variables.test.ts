// What nothing starts with: each variable named in a sentence of its own, no secret shown, and nothing refused that works.
import { expect, it } from "vitest";
import { type MailPlace, providerFindings } from "../../shared/boot/provider.ts";
import { encryptionOf } from "../../shared/db/postgres-url.ts";
import { environmentOf } from "../../shared/environment.ts";
import { wrongLines } from "../../shared/wrong-variables.ts";
import { certificateAuthority } from "../helpers/self-signed.ts";

const production = {
  NODE_ENV: "production",
  LC_SECRET_KEYS: "k".repeat(40),
  PUBLIC_URL: "https://learn.example.org",
  DATABASE_URL: "postgres://lc:secret@postgres.railway.internal:5432/lc",
  REDIS_URL: "redis://default:secret@redis.railway.internal:6379",
};
const linesFor = (
  changes: Readonly<Record<string, string | undefined>>,
  base: Readonly<Record<string, string>> = production,
) => wrongLines(environmentOf({ ...base, ...changes }));

it("lets a sound production and an empty development start", () => {
  expect(linesFor({})).toEqual([]);
  expect(linesFor({}, {})).toEqual([]);
  expect(linesFor({ DATABASE_URL: "", LC_SEND_ALLOWLIST: " ", PUBLIC_URL: "http://localhost:3000" }, {})).toEqual([]);
});

it.each(Object.keys(production).slice(1))("demands %s of production, by name", (name) => {
  expect(linesFor({ [name]: undefined })).toEqual([expect.stringMatching(new RegExp(`^${name} is not set\\. `))]);
  expect(linesFor({ [name]: "" })).toEqual([expect.stringMatching(new RegExp(`^${name} is empty\\. `))]);
});

it("names every reference that was left as text, and every word that stands for a missing value", () => {
  const left = {
    DATABASE_URL: "$".concat("{{Postgres.DATABASE_URL}}"),
    REDIS_URL: "redis://default:canary@$".concat("{{Redis.REDISHOST}}:6379"),
    POSTMARK_TOKEN: "undefined",
    LC_SMTP_URLS: "$".concat("{SMTP_URLS}"),
    SENTRY_DSN: "https://key@undefined/1",
  };
  const lines = linesFor(left);
  expect(lines.map((line) => line.split(" ")[0]).sort()).toEqual(Object.keys(left).sort());
  expect(lines.join("\n")).toContain(left.DATABASE_URL);
  expect(lines.join("\n")).not.toContain("canary");
  // Locally too: nobody means these.
  expect(linesFor({ LC_TOKEN: "undefined" }, {})).toHaveLength(1);
});

it("refuses an empty value in production wherever it stands: an allow-list that leads nowhere lets everybody through", () => {
  expect(linesFor({ LC_SEND_ALLOWLIST: "" })).toEqual([expect.stringMatching(/^LC_SEND_ALLOWLIST is empty/)]);
  expect(linesFor({ RAILWAY_REPLICA_ID: "" })).toEqual([]);
});

it("demands a PUBLIC_URL that others can reach over https", () => {
  for (const url of [
    "https://localhost",
    "http://127.0.0.1:3000",
    "https://[::1]",
    "https://0.0.0.0",
    "https://localhost.",
  ])
    expect(linesFor({ PUBLIC_URL: url })).toEqual([expect.stringMatching(/^PUBLIC_URL is .* this machine itself/)]);
  expect(linesFor({ PUBLIC_URL: "http://learn.example.org" })).toEqual([expect.stringMatching(/is not encrypted/)]);
});

it("shows a wrong value, but never a secret one", () => {
  expect(linesFor({ LC_DB_POOL: "many" })).toEqual([
    expect.stringMatching(/^LC_DB_POOL has "many" that cannot be used: expected a whole number/),
  ]);
  const [line] = linesFor({ LC_SECRET_KEYS: "canary" });
  expect(line).toMatch(/^LC_SECRET_KEYS has a value that cannot be used: expected .*at least 32 characters/);
  expect(line).not.toContain("canary");
  expect(linesFor({ LC_DEBUG: "1" })).toEqual([expect.stringMatching(/not in production/)]);
});

it("refuses an authority that cannot be read, or that nothing would be checked with", () => {
  const { cert } = certificateAuthority("Test");
  const encrypted = { REDIS_URL: "rediss://redis.example.org:6379" };
  expect(linesFor({ ...encrypted, LC_REDIS_CA: cert, LC_POSTGRES_CA: cert.replaceAll("\n", "\\n") })).toEqual([]);
  expect(linesFor({ LC_REDIS_CA: cert })).toEqual([
    expect.stringMatching(/^LC_REDIS_CA .*REDIS_URL begins with redis:/),
  ]);
  expect(linesFor({ LC_POSTGRES_CA: cert, DATABASE_URL: "postgres://db.example.org/lc?sslmode=disable" })).toEqual([
    expect.stringMatching(/^LC_POSTGRES_CA .*sslmode=disable/),
  ]);
  expect(linesFor({ LC_POSTGRES_CA: "/nowhere/ca.pem" })).toEqual([expect.stringMatching(/cannot be read \(ENOENT\)/)]);
  expect(linesFor({ LC_POSTGRES_CA: `${cert.slice(0, 120)}\n-----END CERTIFICATE-----` })).toEqual([
    expect.stringMatching(/^LC_POSTGRES_CA .*a part of it lost/),
  ]);
});

it("takes sslmode as libpq does, or more strictly", () => {
  const mode = (query: string, ca?: string) => encryptionOf(`postgres://h/d${query}`, ca);
  expect([mode(""), mode("", "ca"), mode("?sslmode=disable", "ca")]).toEqual([undefined, "verify-full", "disable"]);
  expect([mode("?sslmode=require"), mode("?sslmode=require", "ca")]).toEqual(["require", "verify-ca"]);
  expect([mode("?sslmode=verify-ca"), mode("?sslmode=verify-ca", "ca")]).toEqual(["verify-full", "verify-ca"]);
  expect(mode("?ssl=true")).toBe("verify-full");
  expect(linesFor({ DATABASE_URL: "postgres://lc:secret@db.example.org/lc?sslmode=prefer" })).toEqual([
    expect.stringMatching(/^DATABASE_URL .*does not leave encryption to the server/),
  ]);
});

it("says which provider works where this runs", () => {
  const place = { production: true, emailProvider: "smtp", onRailway: true } as const;
  const levels = (changes: Partial<MailPlace>) => providerFindings({ ...place, ...changes }).map(({ level }) => level);
  expect(providerFindings(place)[0]?.found).toMatch(/Pro plan only/);
  expect(providerFindings(place)[0]?.advice).toMatch(/resend or postmark/);
  expect(levels({ onRailway: false })).toEqual(["ok"]);
  expect(levels({ emailProvider: "resend" })).toEqual(["ok"]);
  expect(levels({ emailProvider: "sandbox" })).toEqual(["problem"]);
  expect(levels({ emailProvider: "sandbox", sendAllowlist: ["example.org"] })).toEqual(["ok"]);
  expect(levels({ emailProvider: "sandbox", production: false })).toEqual(["ok"]);
});
