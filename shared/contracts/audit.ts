// Contracts of the audit log: who did what, when and from where. No bodies and no personal data of contacts.
import { z } from "zod";
import { action, clean, GivenInstant, Id, Instant, listQuery, page } from "./contract.ts";

export const AuditLine = z.object({
  id: Id,
  at: Instant,
  /** `campaigns.launch` for an act over the API, `user.signed-in` and the like for what concerns accounts. */
  action: z.string(),
  user: z.object({ id: Id, email: z.string().nullable(), name: z.string().nullable() }).nullable(),
  /** The access token it was done with. */
  tokenId: Id.nullable(),
  objectId: Id.nullable(),
  requestId: z.string().nullable(),
  address: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
});

const filters = {
  user: Id.optional(),
  /** An action, or its beginning: `campaigns.` */
  action: clean(z.string().trim().min(1).max(100)).optional(),
  from: GivenInstant.optional(),
  until: GivenInstant.optional(),
};

export const audit = {
  group: "gateway",
  actions: {
    list: action({
      summary: "Searches the audit log by person, action and time, newest first",
      permission: "admin",
      rest: { method: "GET", path: "/audit" },
      params: z.strictObject({ ...listQuery, ...filters }),
      result: page(AuditLine),
    }),
    csv: action({
      summary: "The newest lines of the audit log that fit, as CSV (at most 50,000)",
      permission: "admin",
      rest: { method: "GET", path: "/audit.csv", produces: "text/csv" },
      params: z.strictObject({ ...filters }),
      result: z.string(),
    }),
  },
  events: {},
  jobs: {},
} as const;
