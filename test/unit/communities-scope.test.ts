// What actions mean to people who see only some communities: each is decided here by name or by its contract.
import { expect, test } from "vitest";
import { describeApi } from "../../gateway/openapi.ts";
import { publicActions } from "../../gateway/operations.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { demandReach, reaching } from "../../shared/broker/reach.ts";
import { homeSql, ownedSql, personSql } from "../../shared/db/scope-sql.ts";
import { covers, includes } from "../../shared/lib/scope.ts";

/** Actions that somebody without `admin` may call and that are about all communities. Admins always see all of them. */
const refused = [
  "communities.create",
  "communities.remove",
  "communities.update",
  "consent.listSuppressions",
  "consent.suppressionsCsv",
  "deadLetters.get",
  "deadLetters.list",
  "jobs.failures",
  "jobs.get",
  "jobs.list",
  "sandbox.clearMail",
  "sandbox.getMail",
  "sandbox.listFaults",
  "sandbox.listMail",
  "sandbox.setFaults",
  "tags.remove",
  "tags.update",
  "webhooks.get",
  "webhooks.list",
  "workers.get",
  "workers.list",
  "workers.providers",
];

test("a new action is refused to people who see some communities, until somebody has decided and says so here", () => {
  const found = publicActions
    .filter(
      ({ contract: { permission, scope } }) => scope === undefined && permission !== "admin" && permission !== "none",
    )
    .map(({ name }) => name);
  expect(found.sort()).toEqual(refused);
});

test("what only admins may do is decided already: no action for them is opened to others by its scope", () => {
  const open = publicActions.filter(({ contract }) => contract.permission === "admin" && contract.scope !== undefined);
  expect(open.map(({ name }) => name)).toEqual([]);
});

test("the description of the API says it of every operation", () => {
  const { paths } = describeApi("1.2.3", "https://learn.example.org");
  expect(paths["/api/v1/contacts"]?.["get"]?.["x-communities"]).toBe("community");
  expect(paths["/api/v1/templates"]?.["get"]?.["x-communities"]).toBe("organisation");
  expect(paths["/api/v1/suppressions"]?.["get"]?.["x-communities"]).toBe("all");
});

test("an action without a scope throws for limited callers only, and only what belongs to communities is limited", () => {
  expect(() => demandReach({}, undefined)).not.toThrow();
  expect(() => demandReach({ scope: "community" }, ["a"])).not.toThrow();
  expect(() => demandReach({}, ["a"])).toThrowError(/you see only some/);
  const deps = {} as Deps;
  const caller = {
    userId: "u",
    email: "Rita@Example.org",
    role: "manager",
    abilities: [],
    communities: ["a"],
  } as const;
  expect(reaching(deps, { caller }, { scope: "community" }).scope).toEqual({
    communities: ["a"],
    ownAddress: "rita@example.org",
  });
  expect(reaching(deps, { caller }, { scope: "organisation" })).toBe(deps);
  expect(reaching(deps, {}, { scope: "community" })).toBe(deps);
});

test("without a limit no condition is added to any statement; with one, what was made for everybody is left out", () => {
  for (const part of [homeSql(undefined, "c"), ownedSql(undefined, "c"), personSql(undefined, "c")])
    expect(part).toEqual({ sql: "", values: [] });
  const limit = { communities: ["a", "b"], ownAddress: "" };
  expect([covers(undefined, null), covers(limit, null), covers(limit, ["a"]), covers(limit, ["a", "c"])]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect([includes(undefined, "c"), includes(limit, "b"), includes(limit, "c")]).toEqual([true, true, false]);
});
