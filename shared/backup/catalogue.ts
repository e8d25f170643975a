// What there is to back up, as the system's own tables tell it: tables with their columns, partitions, sequences.
import { query, type Sql } from "../db/knex.ts";
import type { Partition, Sequence, TableShape } from "./archive.ts";
import { leftOut, ourSchemas } from "./left-out.ts";

/** A piece of a table that lies on its own: a partition, or the table itself. */
export interface Leaf {
  /** The table that it belongs to, `schema.table`. */
  readonly table: string;
  readonly name: string;
  readonly blocks: number;
  /** Bytes per block, with what of it is stored aside. */
  readonly blockBytes: number;
}

/** Tables that a backup holds, in the order of their names. */
export const listTables = async (sql: Sql): Promise<TableShape[]> => {
  const rows = await query<TableShape>(
    sql,
    `select n.nspname || '.' || c.relname as name,
       array_agg(a.attname::text order by a.attnum) filter (where a.attgenerated = '') as columns
     from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where n.nspname = any(?) and c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence = 'p'
     group by 1 order by 1`,
    [[...ourSchemas]],
  );
  return rows.filter(({ name }) => !(name in leftOut));
};

/** Where the rows of these tables lie. */
export const listLeaves = async (sql: Sql, tables: readonly TableShape[]): Promise<Leaf[]> => {
  const names = tables.map(({ name }) => name);
  const rows = await query<{ table: string; name: string; blocks: string; bytes: string }>(
    sql,
    `with recursive leaf (root, oid) as (
       select v.name, v.name::regclass::oid from unnest(?::text[]) as v (name)
       union all select leaf.root, i.inhrelid from leaf join pg_inherits i on i.inhparent = leaf.oid)
     select leaf.root as "table", n.nspname || '.' || c.relname as name,
       pg_relation_size(c.oid) / current_setting('block_size')::int as blocks, pg_table_size(c.oid) as bytes
     from leaf join pg_class c on c.oid = leaf.oid join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' order by 1, 2`,
    [names],
  );
  return rows.map((row) => {
    const blocks = Number(row.blocks);
    return { table: row.table, name: row.name, blocks, blockBytes: blocks === 0 ? 0 : Number(row.bytes) / blocks };
  });
};

/** Partitions but the default ones, which the migrations make. */
export const listPartitions = (sql: Sql, tables: readonly TableShape[]): Promise<Partition[]> =>
  query<Partition>(
    sql,
    `select pn.nspname || '.' || p.relname as parent, n.nspname || '.' || c.relname as name,
       pg_get_expr(c.relpartbound, c.oid) as bound, coalesce(c.reloptions, '{}') as options
     from pg_inherits i
     join pg_class c on c.oid = i.inhrelid join pg_namespace n on n.oid = c.relnamespace
     join pg_class p on p.oid = i.inhparent join pg_namespace pn on pn.oid = p.relnamespace
     where pn.nspname || '.' || p.relname = any(?::text[]) and pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
     order by 2`,
    [tables.map(({ name }) => name)],
  );

/** Sequences with how far they have counted. */
export const listSequences = (sql: Sql): Promise<Sequence[]> =>
  query<Sequence>(
    sql,
    `select schemaname || '.' || sequencename as name, coalesce(last_value, start_value)::text as last,
       last_value is not null as called
     from pg_sequences where schemaname = any(?) order by 1`,
    [[...ourSchemas]],
  );
