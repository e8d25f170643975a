// Contracts of communities and tags: named things that contacts belong to.
import { z } from "zod";
import { action, authors, byId, clean, Done, Id, Instant, listQuery, page, type Reach } from "./contract.ts";

export const NamedResource = z.object({ id: Id, name: z.string(), createdAt: Instant });
const name = clean(z.string().trim().min(1).max(100));
/** What reading, making and changing them means to somebody who sees only some communities; undefined: it is refused. */
interface Reaches {
  readonly read: Reach;
  readonly create?: Reach;
}
const namedActions = <P extends string>(path: P, one: string, reaches: Reaches) => ({
  list: action({
    summary: `Lists ${path.slice(1)}`,
    permission: "read",
    scope: reaches.read,
    rest: { method: "GET", path },
    params: z.strictObject({ ...listQuery, q: clean(z.string().max(100)).optional() }),
    result: page(NamedResource),
  }),
  get: action({
    summary: `Shows one ${one}`,
    permission: "read",
    scope: reaches.read,
    rest: { method: "GET", path: `${path}/:id` },
    params: byId,
    result: NamedResource,
  }),
  create: action({
    summary: `Creates a ${one}`,
    permission: "write",
    roles: authors,
    ...(reaches.create ? { scope: reaches.create } : {}),
    rest: { method: "POST", path, status: 201 },
    params: z.strictObject({ name }),
    result: NamedResource,
  }),
  update: action({
    summary: `Renames a ${one}`,
    permission: "write",
    roles: authors,
    rest: { method: "PATCH", path: `${path}/:id` },
    params: z.strictObject({ id: Id, name }),
    result: NamedResource,
  }),
  remove: action({
    summary: `Deletes a ${one}`,
    permission: "write",
    roles: authors,
    rest: { method: "DELETE", path: `${path}/:id`, status: 204 },
    params: byId,
    result: Done,
  }),
});

/** A default community always exists and cannot be deleted. */
export const communities = {
  group: "contacts",
  actions: namedActions("/communities", "community", { read: "community" }),
  events: {},
  jobs: {},
} as const;
export const tags = {
  group: "contacts",
  actions: namedActions("/tags", "tag", { read: "organisation", create: "organisation" }),
  events: {},
  jobs: {},
} as const;
