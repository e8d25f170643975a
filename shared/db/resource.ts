// Plain CRUD over one table by moleculer-db, guarded: none of its default actions is published, only the verbs of our
// contract exist; sort and filter fields are whitelisted, pages are cursors, errors are those of the catalogue.

import type { ServiceBroker, ServiceSchema } from "moleculer";
import DbService from "moleculer-db";
import type { Ctx } from "../broker/context.ts";
import { type Deps, depsOf } from "../broker/deps.ts";
import type { ServiceDefinition } from "../broker/service.ts";
import { cursorInvalid, type ErrorCode, fail } from "../contracts/errors.ts";
import type { ServiceName } from "../contracts/index.ts";
import { decodeCursor, encodeCursor } from "../lib/cursor.ts";
import type { Limit } from "../lib/scope.ts";
import { type Entity, type FindFilters, KnexAdapter, type ResourceTable } from "./moleculer-adapter.ts";

type Verb = "list" | "get" | "create" | "update" | "remove";
type Handlers<S extends ServiceName> = ServiceDefinition<S>["actions"];
/** Handlers of those CRUD verbs that the service's contract declares. */
export type ResourceActions<S extends ServiceName> = Pick<Handlers<S>, Extract<keyof Handlers<S>, Verb>>;

/** SQL with its bindings. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly unknown[];
}

export interface ResourceOptions extends ResourceTable {
  readonly notFound: ErrorCode;
  /** Query fields of `list` that compare for equality; each is a field of `columns`. */
  readonly filters?: readonly string[];
  /** Sort orders that `?sort=` may name; the first is the default. Each field is text or a number that is never null. */
  readonly sort?: readonly string[];
  /** True: the first page tells the total. For tables that stay small. */
  readonly total?: boolean;
  /**
   * What somebody limited to some communities sees of it, and what they may change, as conditions over its columns; for
   * contracts with the scope `community`. Rows that they see and may not change are refused with ABILITY_MISSING.
   */
  readonly within?: {
    readonly sees: (limit: Limit) => Condition;
    readonly changes?: (limit: Limit) => Condition;
    /** The column where a new row keeps whom it is for. */
    readonly keeps?: string;
  };
  /** Checks and completes what is created or changed; throws an error of the catalogue. */
  readonly check?: (fields: Entity, verb: "create" | "update", deps: Deps) => Entity | Promise<Entity>;
}

export interface Resource<S extends ServiceName> {
  readonly actions: ResourceActions<S>;
  /** Adds moleculer-db with the table's adapter to the service's schema. */
  readonly mixInto: (schema: ServiceSchema) => ServiceSchema;
}

/** The methods of moleculer-db that we stand on. They use their first argument for population only, which is off. */
interface DbMethods {
  _find(ctx: undefined, filters: FindFilters): Promise<Entity[]>;
  _count(ctx: undefined, filters: FindFilters): Promise<number>;
  _get(ctx: undefined, params: { id: string }): Promise<Entity>;
  _create(ctx: undefined, entity: Entity): Promise<Entity>;
  _update(ctx: undefined, entity: Entity): Promise<Entity>;
  _remove(ctx: undefined, params: { id: string }): Promise<Entity>;
}

const nothing: Condition = { sql: "false", values: [] };
const missing = (error: unknown) => (error as { name?: string }).name === "EntityNotFoundError";

/**
 * Builds the CRUD handlers of service `name` for its facade, and the mixin that goes with them:
 * `export default things.mixInto(service("things", { actions: { ...things.actions, more } }))`.
 */
export const resource = <S extends ServiceName>(name: S, options: ResourceOptions): Resource<S> => {
  const sorts = options.sort ?? ["-id"];
  const methodsOf = (deps: Deps): DbMethods => {
    const local: unknown = deps.broker.getLocalService(name);
    if (!local) throw new Error(`${name} is not running in this process`);
    return local as DbMethods;
  };
  const orNotFound = async <T>(id: unknown, run: Promise<T>): Promise<T> => {
    try {
      return await run;
    } catch (error) {
      if (missing(error)) throw fail(options.notFound, `Nothing has the id ${String(id)}. It may have been deleted.`);
      throw error;
    }
  };
  const order = (asked: unknown): readonly string[] => {
    const sort = asked === undefined ? sorts[0] : sorts.find((known) => known === asked);
    if (sort === undefined)
      throw fail("VALIDATION_FAILED", `sort: found ${JSON.stringify(asked)}; expected one of ${sorts.join(", ")}`, {
        errors: [{ path: "sort", message: `expected one of ${sorts.join(", ")}` }],
      });
    return sort === "id" || sort === "-id" ? [sort] : [sort, "id"];
  };

  const sees = ({ scope }: Deps): Condition | undefined => scope && (options.within?.sees(scope) ?? nothing);
  /** Throws `notFound` unless the caller sees the row, ABILITY_MISSING unless they may change it. */
  const demandWithin = async (deps: Deps, id: string, change: boolean): Promise<void> => {
    const { scope } = deps;
    if (!scope) return;
    const has = async (within: Condition) => (await methodsOf(deps)._count(undefined, { query: { id }, within })) > 0;
    if (!(await has(sees(deps) ?? nothing)))
      throw fail(options.notFound, `Nothing has the id ${id}. It may have been deleted.`);
    const changes = options.within?.changes;
    if (change && !(changes && (await has(changes(scope)))))
      throw fail(
        "ABILITY_MISSING",
        "It belongs to everybody, and you see only some communities. Make one of your own.",
      );
  };

  const list = async ({ params }: Ctx<Entity>, deps: Deps) => {
    const sort = order(params.sort);
    const cursor = params.cursor;
    const after = typeof cursor === "string" ? decodeCursor(cursor, sort.length) : undefined;
    // No field that a list sorts by is ever null.
    if (cursor !== undefined && (!after || after.includes(null))) throw cursorInvalid();
    const query = Object.fromEntries((options.filters ?? []).map((field) => [field, params[field]]));
    const search = typeof params.q === "string" ? params.q : undefined;
    const limit = Number(params.limit);
    const db = methodsOf(deps);
    const within = sees(deps);
    const rows = await db
      ._find(undefined, { limit: limit + 1, sort, after, query, search, within })
      .catch((error: unknown) => {
        // Postgres says 22… for a value that is not of the column's type: somebody made the cursor up.
        if (after && String((error as { code?: unknown }).code).startsWith("22")) throw cursorInvalid();
        throw error;
      });
    const data = rows.slice(0, limit);
    const last = data.at(-1);
    const nextCursor =
      rows.length > limit && last ? encodeCursor(sort.map((field) => last[field.replace(/^-/, "")] as string)) : null;
    if (!options.total || after) return { data, nextCursor };
    return {
      data,
      nextCursor,
      total: nextCursor === null ? data.length : await db._count(undefined, { query, search, within }),
    };
  };
  const get = async ({ params }: Ctx<{ id: string }>, deps: Deps) => {
    await demandWithin(deps, params.id, false);
    return orNotFound(params.id, methodsOf(deps)._get(undefined, { id: params.id }));
  };
  const create = async ({ params }: Ctx<Entity>, deps: Deps) => {
    const { scope } = deps;
    const keeps = options.within?.keeps;
    const fields = options.check ? await options.check(params, "create", deps) : params;
    return methodsOf(deps)._create(undefined, scope && keeps ? { ...fields, [keeps]: [...scope.communities] } : fields);
  };
  const update = async ({ params }: Ctx<Entity>, deps: Deps) => {
    await demandWithin(deps, String(params.id), true);
    const fields = options.check ? await options.check(params, "update", deps) : params;
    return orNotFound(params.id, methodsOf(deps)._update(undefined, fields));
  };
  const remove = async ({ params }: Ctx<{ id: string }>, deps: Deps) => {
    await demandWithin(deps, params.id, true);
    await orNotFound(params.id, methodsOf(deps)._remove(undefined, { id: params.id }));
    return { ok: true };
  };

  return {
    // The border between contracts by name and one table in general: the facade checks params, the columns shape results.
    actions: { list, get, create, update, remove } as unknown as ResourceActions<S>,
    mixInto: (schema) => {
      const base = DbService as unknown as ServiceSchema;
      const guarded = {
        ...base,
        actions: {},
        adapter: new KnexAdapter(options, (broker: ServiceBroker) => depsOf(broker).db),
        settings: { ...(base.settings ?? {}), idField: "id" },
        // There is no cacher, and a broadcast per change would go to every process for nothing.
        methods: { ...(base.methods ?? {}), clearCache: () => Promise.resolve() },
      } as unknown as ServiceSchema;
      return { ...schema, mixins: [...(schema.mixins ?? []), guarded] };
    },
  };
};
