// Which fields a contact can have: the built-in ones and every attribute in use.
import type { Deps } from "../../../shared/broker/deps.ts";
import { targetFields } from "../imports/mapping.ts";
import { attributeNames } from "./store.ts";

/** Built-in fields, in the order in which a picker shows them. */
export const builtInFields = [...targetFields, "score"] as const;

/** Names of fields; attributes as `attrs.<name>`. */
export const contactFields = async (deps: Deps): Promise<{ fields: string[] }> => ({
  fields: [...builtInFields, ...(await attributeNames(deps.db, deps.scope)).map((name) => `attrs.${name}`)],
});
