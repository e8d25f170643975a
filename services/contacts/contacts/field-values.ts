// Suggestions for the value of a field: tags and communities by name, other fields from the newest contacts.
import type { Deps } from "../../../shared/broker/deps.ts";
import { communityNames, tagNames } from "./facets/store.ts";
import { fieldValues as valuesOf } from "./store.ts";

interface Params {
  readonly field: string;
  readonly q?: string | undefined;
  readonly limit: number;
}

/** Values that contain `q`, at most `limit`; none for a field that has nothing to suggest. */
export const fieldValues = async (deps: Deps, { field, q = "", limit }: Params): Promise<{ values: string[] }> => {
  if (field === "tags") return { values: [...(await tagNames(deps.db, q, limit))] };
  if (field === "community") return { values: [...(await communityNames(deps.db, q, { limit, within: deps.scope }))] };
  return { values: [...(await valuesOf(deps.db, field, q, { limit, within: deps.scope }))] };
};
