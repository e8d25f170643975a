// The access list of Redis against the code: no family of keys is missing in the table, and none in it is gone.
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { contracts } from "../../shared/contracts/index.ts";
import { aclFile, aclRules, keyFamilies, redisGroups } from "../../shared/streams/redis-access.ts";

const root = resolve(import.meta.dirname, "../..");
/** Begin like keys and are none: names of connections, of derived keys, and of marks in stored texts. */
const noKeys = /^lc:(about|confidential|doctor|migrate|sample|queue-status|live|tokens-revoked|\$)/;

const literals = ["gateway", "services", "shared"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith("redis-access.ts"))
    .flatMap((path) => {
      const text = readFileSync(join(root, folder, path), "utf8");
      return [...text.matchAll(/["`'](lc:[a-z$][^"`'\s]*)/g)].map(([, key = ""]) => ({ path, key }));
    }),
);
const known = keyFamilies.flatMap(({ keys }) => keys.map((key) => key.replace("<group>", "").replace(/\*.*$/, "")));

it("has a family for every key that the code names (otherwise a process under its user is refused)", () => {
  const missing = literals.filter(
    ({ key }) => !noKeys.test(key) && !known.some((start) => key.startsWith(start.replace(/:$/, ""))),
  );
  expect(missing).toEqual([]);
  expect(literals.length).toBeGreaterThan(20);
});

it("knows every group that is deployed", () => {
  const deployed = new Set(["gateway", ...Object.values(contracts).map(({ group }) => group)]);
  expect([...deployed].sort()).toEqual([...redisGroups].sort());
});

it("has no family that the code no longer names", () => {
  const gone = known.filter((start) => !literals.some(({ key }) => key.startsWith(start.replace(/:$/, ""))));
  // Comes with signing in by a second factor.
  expect(gone.filter((start) => start !== "lc:second-factor:")).toEqual([]);
});

it("begins each user at nothing, gives commands by name only, and none that reaches beyond its keys", () => {
  for (const group of redisGroups) {
    const rules = aclRules([group]);
    expect(rules.slice(0, 3)).toEqual(["resetkeys", "resetchannels", "-@all"]);
    expect(rules.filter((rule) => rule.startsWith("+@") || rule === "~*" || rule === "&*")).toEqual([]);
    for (const command of ["config", "flushall", "flushdb", "keys", "debug", "shutdown", "acl", "monitor", "migrate"])
      expect(rules).not.toContain(`+${command}`);
  }
});

it("makes one user for a process of several groups that may do what each may", () => {
  const folded = aclRules(["contacts", "email"]);
  for (const rule of [...aclRules(["contacts"]), ...aclRules(["email"])]) expect(folded).toContain(rule);
  expect(folded).not.toContain("~lc:session:*");
});

it("switches the default user off, and a user without a password cannot sign in", () => {
  const lines = aclFile([{ name: "email", groups: ["email"] }])
    .trim()
    .split("\n");
  expect(lines[0]).toBe("user default off");
  expect(lines[2]).toMatch(/^user email on resetkeys /);
  expect(lines.join("\n")).not.toMatch(/nopass/);
});
