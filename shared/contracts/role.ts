// The roles of people who sign in. What each may do is one table in the gateway.
import { z } from "zod";
import { Id } from "./contract.ts";

export const Role = z.enum(["owner", "manager", "editor", "agent", "viewer"]);
export type Role = z.infer<typeof Role>;

/** The communities that somebody sees; null: all of them. Owners always see all. */
export const LimitedTo = z.array(Id).nullable();
/** The same as it is given: each once, at least one. */
export const GivenLimit = z
  .array(Id)
  .min(1, "name at least one community, or give null for all of them")
  .max(200)
  .transform((ids) => [...new Set(ids)])
  .nullable();
