// SQL of the second factor. That a code works once is one statement here: whoever comes second finds it used.
import { query, type Sql, type Trx } from "../../../shared/db/knex.ts";

export interface FactorRow {
  readonly userId: string;
  /** Sealed. */
  readonly secret: Buffer;
  readonly recoverySalt: Buffer;
}

const columns = `user_id as "userId", secret, recovery_salt as "recoverySalt"`;

/** A person's second factor, or undefined when it is off. */
export const findFactor = async (sql: Sql, userId: string): Promise<FactorRow | undefined> =>
  (await query<FactorRow>(sql, `select ${columns} from accounts.second_factors where user_id = ?`, [userId]))[0];

/** Since when it is on and how many recovery codes are left; undefined when it is off. */
export const factorState = async (sql: Sql, userId: string): Promise<{ since: Date; codesLeft: number } | undefined> =>
  (
    await query<{ since: Date; codesLeft: number }>(
      sql,
      `select f.created_at as since,
         (select count(*)::int from accounts.recovery_codes c where c.user_id = f.user_id) as "codesLeft"
       from accounts.second_factors f where f.user_id = ?`,
      [userId],
    )
  )[0];

export interface CodeSet {
  readonly salt: Buffer;
  readonly hashes: readonly Buffer[];
}

const insertCodes = async (trx: Trx, userId: string, hashes: readonly Buffer[]): Promise<void> => {
  await query(trx, "insert into accounts.recovery_codes (user_id, code_hash) select ?, unnest(?::bytea[])", [
    userId,
    [...hashes],
  ]);
};

/** Switches it on. False when it is on already. `step` is the one of the code that confirmed it. */
export const insertFactor = async (
  trx: Trx,
  factor: { readonly userId: string; readonly secret: Buffer; readonly step: number; readonly at: Date } & CodeSet,
): Promise<boolean> => {
  const rows = await query(
    trx,
    `insert into accounts.second_factors (user_id, secret, last_step, recovery_salt, created_at)
     values (?, ?, ?, ?, ?::timestamptz) on conflict do nothing returning user_id`,
    [factor.userId, factor.secret, factor.step, factor.salt, factor.at.toISOString()],
  );
  if (rows.length === 0) return false;
  await insertCodes(trx, factor.userId, factor.hashes);
  return true;
};

/** Uses a step up, for good: false when it or a later one was used already. */
export const takeStep = async (sql: Sql, userId: string, step: number): Promise<boolean> =>
  (
    await query(
      sql,
      "update accounts.second_factors set last_step = ? where user_id = ? and last_step < ? returning user_id",
      [step, userId, step],
    )
  ).length > 0;

/** Uses a recovery code up. False when there is no such code (any more). */
export const takeRecoveryCode = async (sql: Sql, userId: string, codeHash: Buffer): Promise<boolean> =>
  (
    await query(sql, "delete from accounts.recovery_codes where user_id = ? and code_hash = ? returning user_id", [
      userId,
      codeHash,
    ])
  ).length > 0;

/** Puts new recovery codes in the place of the old ones. False when the second factor is off. */
export const replaceCodes = async (trx: Trx, userId: string, { salt, hashes }: CodeSet): Promise<boolean> => {
  const rows = await query(
    trx,
    "update accounts.second_factors set recovery_salt = ? where user_id = ? returning user_id",
    [salt, userId],
  );
  if (rows.length === 0) return false;
  await query(trx, "delete from accounts.recovery_codes where user_id = ?", [userId]);
  await insertCodes(trx, userId, hashes);
  return true;
};

/** Switches it off. False when it was off. */
export const deleteFactor = async (trx: Trx, userId: string): Promise<boolean> =>
  (await query(trx, "delete from accounts.second_factors where user_id = ? returning user_id", [userId])).length > 0;

/** Second factors in the order of their persons, after one. */
export const pageOfFactors = (sql: Sql, after: string | undefined, limit: number): Promise<FactorRow[]> =>
  query<FactorRow>(
    sql,
    `select ${columns} from accounts.second_factors where ?::uuid is null or user_id > ?::uuid order by user_id limit ?`,
    [after ?? null, after ?? null, limit],
  );

/** Stores a secret that was sealed anew, unless it changed in the meantime. */
export const resealFactor = async (sql: Sql, userId: string, before: Buffer, after: Buffer): Promise<void> => {
  await query(sql, "update accounts.second_factors set secret = ? where user_id = ? and secret = ?", [
    after,
    userId,
    before,
  ]);
};

/** Whether everybody needs a second factor; with `lock` it stays so until the transaction ends. */
export const factorRequired = async (sql: Sql, lock = false): Promise<boolean> =>
  (
    await query<{ required: boolean }>(
      sql,
      `select second_factor_required as required from accounts.policy${lock ? " for share" : ""}`,
    )
  )[0]?.required ?? false;

/** Says whether everybody needs one. True when that is a change. */
export const setFactorRequired = async (trx: Trx, required: boolean): Promise<boolean> =>
  (
    await query(
      trx,
      "update accounts.policy set second_factor_required = ? where second_factor_required <> ? returning 1",
      [required, required],
    )
  ).length > 0;

/** Who may sign in and has none, in the order in which people are locked: owners first, and each by id. */
export const peopleWithout = async (sql: Sql): Promise<string[]> =>
  (
    await query<{ id: string }>(
      sql,
      `select id from accounts.users u where disabled_at is null
         and not exists (select 1 from accounts.second_factors f where f.user_id = u.id)
       order by role <> 'owner', id`,
    )
  ).map(({ id }) => id);
