// The generated parts of the Caddyfile: up to date, and what they are made of.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { standingHeaders } from "../../gateway/headers.ts";
import { gatewayPaths } from "../../gateway/route-table.ts";
import { isWebPath } from "../../gateway/routes/web.ts";
import { matchersOf, upToDate } from "../../railway/caddyfile.ts";
import { pagesHeaders } from "../../railway/pages-headers.ts";

const text = readFileSync(resolve(import.meta.dirname, "../../railway/Caddyfile"), "utf8");

test("the Caddyfile is up to date (otherwise: npm run docs)", () => {
  expect(upToDate(text)).toBe(text);
});

test("a path that is new or gone makes it out of date", () => {
  expect(upToDate(text.replace(" /hooks/*", ""))).toBe(text);
  expect(upToDate(text.replace("@gateway path", "@gateway path /old/*"))).toBe(text);
});

test("paths become matchers: whole folders, and single paths as they are", () => {
  expect(matchersOf(["/api/v1/a/:id", "/api/v1/b", "/version", "/u/:token"])).toEqual([
    "/api",
    "/api/*",
    "/u",
    "/u/*",
    "/version",
  ]);
});

test("the gateway itself keeps the web app off these paths", () => {
  const both = gatewayPaths.filter((path) => path !== "/gateway.css" && isWebPath(path));
  expect(both).toEqual([]);
});

test("the headers of Cloudflare Pages are those of the gateway (otherwise: npm run docs)", () => {
  const found = readFileSync(resolve(import.meta.dirname, "../../web/public/_headers"), "utf8");
  expect(found).toBe(pagesHeaders());
  for (const [name, value] of standingHeaders) expect(found).toContain(`  ${name}: ${value}\n`);
  // Above this Pages would cut the address of the API that the build adds.
  expect(Math.max(...found.split("\n").map((line) => line.length))).toBeLessThan(1_500);
});
