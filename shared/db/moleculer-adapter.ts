// The adapter through which moleculer-db works on one Postgres table: fields in, columns out. Only columns of its table
// definition reach SQL, as identifiers; lists are keyset pages, never offsets. Raises CatalogueErrors for conflicts.
import type { ServiceBroker } from "moleculer";
import { type ErrorCode, fail } from "../contracts/errors.ts";
import { makeId } from "../lib/ids.ts";
import { type Db, isDuplicate } from "./knex.ts";

export type Entity = Record<string, unknown>;

export interface ResourceTable {
  /** `schema.table`. */
  readonly table: string;
  /** Wire name → column. Must contain `id`. */
  readonly columns: Readonly<Record<string, string>>;
  /** Fields stored as jsonb. */
  readonly json?: readonly string[];
  /** Field set to now() by every change. */
  readonly touched?: string;
  /** Field of a counter that every change raises; a change that names another value is refused with VERSION_CONFLICT. */
  readonly version?: string;
  /** Columns that `search` looks into, without regard to case. */
  readonly searchable?: readonly string[];
  /** Only rows that fulfil this exist: column → value. */
  readonly where?: Readonly<Record<string, string | boolean>>;
  /** Unique index → the error a violation means and the field it names. */
  readonly unique?: Readonly<Record<string, { readonly code: ErrorCode; readonly path: string }>>;
  /** The error of a row that others refer to when it is deleted, or of a reference to a row that is not there. */
  readonly inUse?: ErrorCode;
}

export interface FindFilters {
  readonly limit?: number;
  /** Fields, `-` before one that descends; the last must be `id`. */
  readonly sort?: readonly string[];
  /** Values of the sort fields of the row after which the page starts. */
  readonly after?: readonly (string | number | null)[] | undefined;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly search?: string | undefined;
  /** A condition over the table's columns with its bindings: what the caller may see. */
  readonly within?: { readonly sql: string; readonly values: readonly unknown[] } | undefined;
}

/**
 * An adapter as moleculer-db expects it (its interface DbAdapter), over knex.
 * Moleculer deep-clones a service's schema and the adapter with it; a clone loses #private members, so they are `private`.
 */
export class KnexAdapter {
  private readonly definition: ResourceTable;
  private readonly dbOf: (broker: ServiceBroker) => Db;
  private broker: ServiceBroker | undefined;

  constructor(table: ResourceTable, dbOf: (broker: ServiceBroker) => Db) {
    this.definition = table;
    this.dbOf = dbOf;
  }

  init(broker: ServiceBroker): void {
    this.broker = broker;
  }

  // The pool connects when it is first needed and is closed by the process, so that Postgres may still be away here.
  async connect(): Promise<void> {}
  async disconnect(): Promise<void> {}

  async find(filters: FindFilters): Promise<Entity[]> {
    return (await this.select(filters)).map((row) => this.toEntity(row));
  }

  async findOne(query: Readonly<Record<string, unknown>>): Promise<Entity | undefined> {
    return (await this.find({ query, limit: 1 }))[0];
  }

  async findById(id: string): Promise<Entity | undefined> {
    return this.findOne({ id });
  }

  async findByIds(ids: readonly string[]): Promise<Entity[]> {
    const rows: Entity[] = await this.rows().whereIn(this.column("id"), [...ids]);
    return rows.map((row) => this.toEntity(row));
  }

  async count(filters: FindFilters = {}): Promise<number> {
    const rows = (await this.filtered(filters).count("* as n")) as { n?: string | number }[];
    return Number(rows[0]?.n ?? 0);
  }

  async insert(entity: Entity): Promise<Entity> {
    const [row] = await this.conflicts(entity, () =>
      this.rows()
        .insert(this.toRow({ id: makeId(), ...entity }))
        .returning("*"),
    );
    return this.toEntity(row as Entity);
  }

  async insertMany(entities: readonly Entity[]): Promise<Entity[]> {
    const rows: Entity[] = await this.conflicts({}, () =>
      this.rows()
        .insert(entities.map((entity) => this.toRow({ id: makeId(), ...entity })))
        .returning("*"),
    );
    return rows.map((row) => this.toEntity(row));
  }

  /** Changes one row; undefined when there is none. With a version field, `$set` names the version it was based on. */
  async updateById(id: string, { $set }: { readonly $set: Entity }): Promise<Entity | undefined> {
    const { touched, version } = this.definition;
    const expected = version === undefined ? undefined : $set[version];
    const changes = this.toRow(Object.fromEntries(Object.entries($set).filter(([field]) => field !== version)));
    const db = this.db();
    if (touched) changes[this.column(touched)] = db.fn.now();
    if (version) changes[this.column(version)] = db.raw("?? + 1", [this.column(version)]);
    const rows: Entity[] = await this.conflicts($set, () => {
      const update = this.rows().where(this.column("id"), id);
      if (version && expected !== undefined) void update.where(this.column(version), expected as number);
      return Object.keys(changes).length === 0 ? update.select("*") : update.update(changes).returning("*");
    });
    const [row] = rows;
    if (row) return this.toEntity(row);
    const found = version && expected !== undefined ? await this.findById(id) : undefined;
    if (found && version)
      throw fail(
        "VERSION_CONFLICT",
        `You changed version ${String(expected)}; it is at version ${String(found[version])} now. Load it again and repeat the change.`,
      );
    return undefined;
  }

  async updateMany(query: Readonly<Record<string, unknown>>, { $set }: { readonly $set: Entity }): Promise<number> {
    return this.conflicts($set, () => this.filtered({ query }).update(this.toRow($set)));
  }

  async removeById(id: string): Promise<Entity | undefined> {
    const [row]: Entity[] = await this.conflicts({}, () =>
      this.rows().where(this.column("id"), id).delete().returning("*"),
    );
    return row && this.toEntity(row);
  }

  async removeMany(query: Readonly<Record<string, unknown>>): Promise<number> {
    return this.conflicts({}, () => this.filtered({ query }).delete());
  }

  async clear(): Promise<void> {
    await this.rows().delete();
  }

  entityToObject(entity: Entity): Entity {
    return entity;
  }
  beforeSaveTransformID(entity: Entity): Entity {
    return entity;
  }
  afterRetrieveTransformID(entity: Entity): Entity {
    return entity;
  }
  createCursor(filters: FindFilters): Promise<Entity[]> {
    return this.select(filters);
  }

  private db(): Db {
    if (!this.broker) throw new Error(`${this.definition.table}: the adapter is used before its service was created`);
    return this.dbOf(this.broker);
  }

  private rows() {
    const query = this.db()<Entity>(this.definition.table);
    return this.definition.where ? query.where(this.definition.where) : query;
  }

  private column(field: string): string {
    const { columns } = this.definition;
    const column = Object.hasOwn(columns, field) ? columns[field] : undefined;
    if (column === undefined) throw new Error(`${field} is not a column of ${this.definition.table}`);
    return column;
  }

  private filtered(filters: FindFilters) {
    const query = this.rows();
    for (const [field, value] of Object.entries(filters.query ?? {}))
      if (value !== undefined) void query.where(this.column(field), value as string);
    if (filters.within) void query.whereRaw(filters.within.sql, filters.within.values as never);
    const words = filters.search?.trim();
    const searchable = this.definition.searchable ?? [];
    if (words)
      void query.where((either) => {
        for (const field of searchable)
          void either.orWhereRaw("position(lower(?) in lower(??)) > 0", [words, this.column(field)]);
        if (searchable.length === 0) void either.whereRaw("false");
      });
    return query;
  }

  private async select(filters: FindFilters): Promise<Entity[]> {
    const query = this.filtered(filters);
    const sort = (filters.sort ?? ["-id"]).map((field) =>
      field.startsWith("-")
        ? { column: this.column(field.slice(1)), down: true }
        : { column: this.column(field), down: false },
    );
    for (const { column, down } of sort) void query.orderBy(column, down ? "desc" : "asc");
    const { after } = filters;
    if (after)
      // (a, b) after (x, y): a after x, or a = x and b after y; directions may differ, so no row comparison.
      void query.where((page) => {
        sort.forEach(({ column, down }, index) => {
          void page.orWhere((step) => {
            for (const [before, { column: same }] of sort.slice(0, index).entries())
              void step.where(same, after[before] ?? null);
            void step.where(column, down ? "<" : ">", after[index] ?? null);
          });
        });
      });
    if (filters.limit !== undefined) void query.limit(filters.limit);
    return (await query) as Entity[];
  }

  private async conflicts<T>(entity: Entity, run: () => PromiseLike<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      for (const [index, { code, path }] of Object.entries(this.definition.unique ?? {}))
        if (isDuplicate(error, index))
          throw fail(code, `${path} ${JSON.stringify(entity[path] ?? null)} is taken; choose another one`, {
            errors: [{ path, message: "is taken; choose another one" }],
          });
      if ((error as { code?: string }).code === "23503" && this.definition.inUse)
        throw fail(this.definition.inUse, "Something still refers to it. Remove or change that first.");
      throw error;
    }
  }

  private toEntity(row: Entity): Entity {
    return Object.fromEntries(
      Object.entries(this.definition.columns).map(([field, column]) => {
        const value = row[column];
        return [field, value instanceof Date ? value.toISOString() : (value ?? null)];
      }),
    );
  }

  private toRow(entity: Entity): Entity {
    const row: Entity = {};
    for (const [field, value] of Object.entries(entity))
      if (value !== undefined)
        row[this.column(field)] = this.definition.json?.includes(field) ? JSON.stringify(value) : value;
    return row;
  }
}
