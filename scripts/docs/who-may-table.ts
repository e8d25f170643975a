// The table of README.md that says who may do what, made from the contracts: a row for each right, a column for each role.
import type { ActionContract } from "../../shared/contracts/contract.ts";
import { contracts } from "../../shared/contracts/index.ts";
import { Role } from "../../shared/contracts/role.ts";
import { abilitiesOfRole } from "../../shared/contracts/role-abilities.ts";

/** What is said about a right, by permission and roles. A contract with a right that has no words fails the docs test. */
const words: Readonly<Record<string, string>> = {
  read: "see everything",
  write: "look after single people",
  "write owner manager editor": "make what many are written to with, act on many at once",
  send: "send",
  "read owner manager": "take people's data out as files",
  "write owner manager": "export many, erase a person",
  admin: "run it",
};

interface Row {
  readonly permission: string;
  readonly roles: readonly Role[] | undefined;
  readonly verbs: Map<string, string[]>;
}

const collect = (): ReadonlyMap<string, Row> => {
  const rows = new Map<string, Row>(
    Object.keys(words).map((key) => [
      key,
      { permission: key.split(" ")[0] ?? "", roles: rolesIn(key), verbs: new Map() },
    ]),
  );
  for (const [service, { actions }] of Object.entries(contracts))
    for (const [verb, contract] of Object.entries(actions as Record<string, ActionContract>)) {
      const { permission, roles, rest } = contract;
      if (!rest || ["none", "user", "session"].includes(permission)) continue;
      const key = [permission, ...(roles ?? [])].join(" ");
      const row = rows.get(key);
      if (!row)
        throw new Error(`${service}.${verb} takes "${key}", for which scripts/docs/who-may-table.ts has no words`);
      row.verbs.set(service, [...(row.verbs.get(service) ?? []), verb]);
    }
  return rows;
};

const rolesIn = (key: string): readonly Role[] | undefined => {
  const [, ...names] = key.split(" ");
  return names.length > 0 ? names.map((name) => Role.parse(name)) : undefined;
};

/** The table. Reading is most of the API and is not listed one by one. */
export const whoMayTable = (): string => {
  const roles = Role.options;
  const lines = [...collect()].map(([key, { permission, roles: only, verbs }]) => {
    const may = roles.map((role) =>
      abilitiesOfRole[role].some((ability) => ability === permission) && (!only || only.includes(role)) ? "●" : "",
    );
    const list =
      key === "read" ? "" : [...verbs].map(([service, names]) => `${service}: ${names.join(", ")}`).join(" · ");
    return `| ${[words[key] ?? "", ...may, `\`${permission}\``, list].join(" | ")} |`;
  });
  return [
    `| what | ${roles.join(" | ")} | a token needs | actions |`,
    `| --- | ${roles.map(() => ":-:").join(" | ")} | :-: | --- |`,
    ...lines,
  ].join("\n");
};
