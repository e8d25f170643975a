// Reads over a large part of a table: with memory for hashes, two helpers, and costs of a database whose indexes are in
// memory. The settings end with the transaction; everything else keeps the server's own.
import type { Db, Trx } from "./knex.ts";

const settings =
  "select set_config('work_mem', '64MB', true), set_config('jit', 'off', true), set_config('random_page_cost', '1.1', true)," +
  " set_config('parallel_setup_cost', '100', true), set_config('parallel_tuple_cost', '0.01', true)";

/** Runs a read with these settings, in a transaction of its own. Rejects as the read does. */
export const heavyRead = <T>(db: Db, read: (trx: Trx) => Promise<T>): Promise<T> =>
  db.transaction(async (trx) => {
    await trx.raw(settings);
    return read(trx);
  });
