// Contracts of the contactViews service: filters of the list of contacts, kept under a name.
import { z } from "zod";
import { ContactFilter } from "./contact-filter.ts";
import { action, byId, clean, Done, Id, Instant, listQuery, page } from "./contract.ts";

const name = clean(z.string().trim().min(1).max(100));
export const ContactView = z.object({
  id: Id,
  name: z.string(),
  filters: ContactFilter,
  /** True: everybody sees it; only its owner changes it. */
  shared: z.boolean(),
  /** True: yours to change. */
  own: z.boolean(),
  createdAt: Instant,
  updatedAt: Instant,
});
export type ContactView = z.infer<typeof ContactView>;

export const contactViews = {
  group: "contacts",
  actions: {
    list: action({
      summary: "Lists your saved views of contacts and those shared with you, by name",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/contact-views" },
      params: z.strictObject({ ...listQuery }),
      result: page(ContactView),
    }),
    get: action({
      summary: "Shows one saved view",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/contact-views/:id" },
      params: byId,
      result: ContactView,
    }),
    create: action({
      summary: "Saves filters of the list of contacts under a name",
      permission: "write",
      scope: "community",
      rest: { method: "POST", path: "/contact-views", status: 201 },
      params: z.strictObject({ name, filters: ContactFilter, shared: z.boolean().default(false) }),
      result: ContactView,
    }),
    update: action({
      summary: "Changes a saved view of your own",
      permission: "write",
      scope: "community",
      rest: { method: "PATCH", path: "/contact-views/:id" },
      params: z.strictObject({
        id: Id,
        name: name.optional(),
        filters: ContactFilter.optional(),
        shared: z.boolean().optional(),
      }),
      result: ContactView,
    }),
    remove: action({
      summary: "Deletes a saved view of your own",
      permission: "write",
      scope: "community",
      rest: { method: "DELETE", path: "/contact-views/:id", status: 204 },
      params: byId,
      result: Done,
    }),
  },
  events: {},
  jobs: {},
} as const;
