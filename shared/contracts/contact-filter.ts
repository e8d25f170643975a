// How a set of contacts is described wherever one is listed, counted, saved as a view or acted on in bulk.
import { z } from "zod";
import { clean, Id } from "./contract.ts";

export const ContactKind = z.enum(["person", "business"]);
export const Stage = z.enum(["awareness", "engagement", "sales", "retention", "churn"]);
/** What stands between a contact and a bulk email; the first that holds: no address, suppressed, no consent, or nothing. */
export const Reach = z.enum(["open", "no_consent", "suppressed", "no_address"]);

/** Fields of a filter; a contact fulfils all that are given. */
export const filterFields = {
  q: clean(z.string().trim().max(200)).optional(),
  tag: clean(z.string().max(100)).optional(),
  communityId: Id.optional(),
  kind: ContactKind.optional(),
  stage: Stage.optional(),
  reach: Reach.optional(),
  segmentId: Id.optional(),
};
export const ContactFilter = z.strictObject(filterFields);
export type ContactFilter = z.infer<typeof ContactFilter>;
