// SECURITY.md says which test holds which rule: the tests are there, and no rule is without one.
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** Cells of the table below a heading, without its head. */
const tableBelow = (page: string, heading: string): string[][] => {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return section
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
};

const testsIn = (cell: string) => [...cell.matchAll(/`(test\/[^`]+)`/g)].map(([, path = ""]) => path);

/** What is wrong with the page, in words; `exists` says whether a file of the project is there. */
const findings = (page: string, exists: (path: string) => boolean): string[] =>
  ["Rules", "Threat model"].flatMap((heading) => {
    const rows = tableBelow(page, heading);
    if (rows.length === 0) return [`there is no table below ${heading}`];
    return rows.flatMap((cells) => {
      const name = cells[0] ?? "";
      const tests = testsIn(cells.at(-1) ?? "");
      if (tests.length === 0) return [`${name}: no test holds it`];
      return tests.filter((path) => !/\.test\.ts$/.test(path) || !exists(path)).map((path) => `${name}: no ${path}`);
    });
  });

const page = readFileSync(resolve(root, "SECURITY.md"), "utf8");

test("every rule and every risk names tests that exist", () => {
  expect(findings(page, (path) => existsSync(resolve(root, path)))).toEqual([]);
});

test("a rule without a test, or with one that is gone, is found", () => {
  expect(findings(page, (path) => !path.endsWith("/outbound.test.ts"))).toEqual([
    "outbound fetch: no test/unit/outbound.test.ts",
    "A webhook address leads into our own network: no test/unit/outbound.test.ts",
  ]);
  const without = page.replace(/^(\| CORS \|.*\|)[^|]*\|$/m, "$1 to come |");
  expect(findings(without, () => true)).toEqual(["CORS: no test holds it"]);
});

test("every area of the design has its row", () => {
  const areas = new Set(tableBelow(page, "Rules").map(([area]) => area));
  for (const area of [
    ...["passwords", "sessions", "CSRF", "CORS", "tokens", "authorisation", "keys", "limits", "gateway", "headers"],
    ...["webhooks in", "outbound fetch", "tracking and public links", "content", "exports", "uploads", "data"],
    ...["law as rules", "supply chain", "TLS", "boot", "Redis", "backups"],
  ])
    expect(areas, area).toContain(area);
});
