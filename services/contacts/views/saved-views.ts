// Saved views: filters under a name. `user` is who calls; calls from within have none and share one set of views.
import type { Deps } from "../../../shared/broker/deps.ts";
import type { ContactFilter } from "../../../shared/contracts/contact-filter.ts";
import type { ContactView } from "../../../shared/contracts/contact-views.ts";
import { cursorInvalid, fail } from "../../../shared/contracts/errors.ts";
import { isDuplicate } from "../../../shared/db/knex.ts";
import { decodeCursor, encodeCursor } from "../../../shared/lib/cursor.ts";
import { communitiesOf, includes } from "../../../shared/lib/scope.ts";
import { findRule } from "../segments/store.ts";
import { changeView, deleteView, findView, insertView, viewsOf } from "./store.ts";

type User = string | undefined;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const notFound = (id: string) => fail("VIEW_NOT_FOUND", `No saved view has the id ${id}. It may have been deleted.`);

const nameTaken = async <T>(name: string | undefined, write: Promise<T>): Promise<T> => {
  try {
    return await write;
  } catch (error) {
    if (!isDuplicate(error, "contact_views_name")) throw error;
    throw fail("NAME_TAKEN", `You have a view named ${JSON.stringify(name)} already; choose another name`, {
      errors: [{ path: "name", message: "is taken; choose another one" }],
    });
  }
};

/** Somebody else's shared view is seen but not changed. Throws VIEW_NOT_FOUND or ABILITY_MISSING. */
const refuse = async (deps: Deps, id: string, user: User): Promise<never> => {
  const view = await findView(deps.db, id, user, deps.scope);
  if (!view) throw notFound(id);
  throw fail("ABILITY_MISSING", `"${view.name}" is shared with you by somebody else. Save a view of your own instead.`);
};

/** A view names what its maker may see. Throws VALIDATION_FAILED for another community, or a segment of one. */
const demandWithin = async ({ db, scope }: Deps, filters: ContactFilter | undefined): Promise<void> => {
  if (!scope || !filters) return;
  const { communityId, segmentId } = filters;
  const wrong = [
    ...(communityId && !includes(scope, communityId) ? ["communityId"] : []),
    ...(segmentId && (await findRule(db, segmentId, scope)) === undefined ? ["segmentId"] : []),
  ];
  if (wrong.length > 0)
    throw fail("VALIDATION_FAILED", "The view filters by something that is not there; choose another filter", {
      errors: wrong.map((field) => ({ path: `filters.${field}`, message: "is not there, or not yours to see" })),
    });
};

/** One page by name. Throws CURSOR_INVALID. */
export const listViews = async (
  deps: Deps,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  user: User,
): Promise<{ data: ContactView[]; nextCursor: string | null; total?: number }> => {
  const [name, id] = cursor === undefined ? [] : (decodeCursor(cursor, 2) ?? []);
  if (cursor !== undefined && (typeof name !== "string" || typeof id !== "string" || !uuid.test(id)))
    throw cursorInvalid();
  const after = typeof name === "string" && typeof id === "string" ? ([name, id] as const) : undefined;
  const views = await viewsOf(deps.db, user, { limit: limit + 1, after, scope: deps.scope });
  const data = views.slice(0, limit);
  const last = data.at(-1);
  const nextCursor = views.length > limit && last ? encodeCursor([last.name, last.id]) : null;
  return { data, nextCursor, ...(after || nextCursor ? {} : { total: data.length }) };
};

/** The view. Throws VIEW_NOT_FOUND, also for a view of somebody else that is not shared. */
export const getView = async (deps: Deps, id: string, user: User): Promise<ContactView> => {
  const view = await findView(deps.db, id, user, deps.scope);
  if (!view) throw notFound(id);
  return view;
};

/** The new view. Throws VALIDATION_FAILED, and NAME_TAKEN when the user has one of this name. */
export const createView = async (
  deps: Deps,
  given: { readonly name: string; readonly filters: ContactFilter; readonly shared: boolean },
  user: User,
): Promise<ContactView> => {
  await demandWithin(deps, given.filters);
  const id = deps.id();
  await nameTaken(given.name, insertView(deps.db, id, user, { ...given, communities: communitiesOf(deps.scope) }));
  return getView(deps, id, user);
};

/** The changed view. Throws VIEW_NOT_FOUND, NAME_TAKEN, or ABILITY_MISSING for somebody else's. */
export const updateView = async (
  deps: Deps,
  { id, ...given }: Parameters<typeof changeView>[3] & { readonly id: string },
  user: User,
): Promise<ContactView> => {
  await demandWithin(deps, given.filters);
  if (!(await nameTaken(given.name, changeView(deps.db, id, user, given)))) return refuse(deps, id, user);
  return getView(deps, id, user);
};

/** Throws VIEW_NOT_FOUND, or ABILITY_MISSING for somebody else's. */
export const removeView = async (deps: Deps, id: string, user: User): Promise<{ ok: true }> =>
  (await deleteView(deps.db, id, user)) ? { ok: true } : refuse(deps, id, user);
