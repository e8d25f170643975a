// "May I?" of the web app against the gateway: for every public action, every role and both reaches the same answer.
import { describe, expect, it } from "vitest";
import { abilitiesOf, demand } from "../../gateway/auth/abilities.ts";
import { demandReach } from "../../shared/broker/reach.ts";
import type { ActionContract } from "../../shared/contracts/contract.ts";
import { contracts } from "../../shared/contracts/index.ts";
import { Role } from "../../shared/contracts/role.ts";
import { type Act, mayDo, refusalWords } from "../../web/src/may.ts";

const town = { id: "01990000-0000-7000-8000-000000000001", name: "Riverside" };
const reaches = [null, [town]];
const person = (role: Role, communities: (typeof town)[] | null = null) => ({ user: { role }, communities });

/** Whether the gateway lets a person in a browser through. */
const letsThrough = (contract: ActionContract, role: Role, limited: boolean): boolean => {
  const caller = {
    userId: town.id,
    email: "somebody@example.org",
    role,
    abilities: abilitiesOf(role),
    sessionId: town.id,
  };
  try {
    demand(contract.permission, caller, contract.roles);
    demandReach(contract, limited ? [town.id] : undefined);
    return true;
  } catch {
    return false;
  }
};

describe("what the web app shows", () => {
  it("is what the gateway lets this person do, for every action", () => {
    const differ = Object.entries(contracts).flatMap(([service, { actions }]) =>
      Object.entries(actions as Record<string, ActionContract>)
        .filter(([, contract]) => contract.rest !== undefined)
        .flatMap(([verb, contract]) =>
          Role.options.flatMap((role) =>
            reaches
              .filter((communities) => {
                const act = `${service}.${verb}` as Act;
                return mayDo(person(role, communities), act) !== letsThrough(contract, role, communities !== null);
              })
              .map((communities) => `${service}.${verb} as ${role}${communities ? " of one community" : ""}`),
          ),
        ),
    );
    expect(differ).toEqual([]);
  });

  it("keeps bulk exports and bulk deletion for owners and managers", () => {
    for (const act of ["bulk.start export", "bulk.start remove"] as const)
      expect(Role.options.filter((role) => mayDo(person(role), act))).toEqual(["owner", "manager"]);
  });

  it("says who may, and to people of a community that it is about all of them", () => {
    expect(refusalWords(person("agent"), "campaigns.create")).toEqual({
      title: "This is for owners, managers, and editors",
      why: "Your role is agent. Ask one of them when you need it.",
    });
    expect(refusalWords(person("manager", [town]), "jobs.list").title).toBe(
      "This is for people who see all communities",
    );
    expect(refusalWords(person("viewer", [town]), "users.list").title).toBe("This is for owners");
  });
});
