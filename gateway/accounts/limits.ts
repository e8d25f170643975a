// The communities that people are limited to: checked and shown the same way wherever an account or an invite is.
import { fail } from "../../shared/contracts/errors.ts";
import type { Role } from "../../shared/contracts/role.ts";
import type { Sql } from "../../shared/db/knex.ts";
import { namesOf } from "./limit-store.ts";

type Limit = readonly string[] | null;

/** As the API shows it. */
export const shownLimit = (communities: Limit): string[] | null => communities && [...communities];

/** True when both mean the same, whatever their order. */
export const sameLimit = (one: Limit, other: Limit): boolean =>
  one === null || other === null ? one === other : one.length === other.length && one.every((id) => other.includes(id));

const wrong = (message: string) =>
  fail("VALIDATION_FAILED", `communities: ${message}`, { errors: [{ path: "communities", message }] });

/** What may be stored for a role. Throws VALIDATION_FAILED for a limited owner or a community that does not exist. */
export const checkedLimit = async (sql: Sql, role: Role, communities: Limit): Promise<Limit> => {
  if (communities === null) return null;
  if (role === "owner") throw wrong("owners see all communities; choose another role, or leave the communities out");
  const known = await namesOf(sql, communities);
  const missing = communities.find((id) => !known.some((community) => community.id === id));
  if (missing !== undefined)
    throw wrong(`found ${missing}, an id that no community has; expected one of GET /communities`);
  return communities;
};
