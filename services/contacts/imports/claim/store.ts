// SQL of consent that is recorded for everybody of an import.
import type { z } from "zod";
import type { ClaimPerson } from "../../../../shared/consent/claims.ts";
import type { ConsentChannel } from "../../../../shared/consent/consents.ts";
import type { ImportClaim } from "../../../../shared/contracts/imports.ts";
import type { Sql, Trx } from "../../../../shared/db/knex.ts";
import { bind } from "../../../../shared/lib/bind.ts";

export type ClaimView = z.output<typeof ImportClaim>;

interface Row {
  readonly id: string;
  readonly import_id: string;
  readonly channels: ConsentChannel[];
  readonly basis: string;
  readonly source: string;
  readonly wording: string | null;
  readonly claimed_at: Date;
  readonly finished_at: Date | null;
  readonly granted: number;
  readonly left_out: number;
}

const toView = (row: Row): ClaimView => ({
  id: row.id,
  importId: row.import_id,
  channels: row.channels,
  basis: row.basis,
  source: row.source,
  wording: row.wording,
  claimedAt: row.claimed_at.toISOString(),
  finishedAt: row.finished_at?.toISOString() ?? null,
  granted: row.granted,
  leftOut: row.left_out,
});

export interface NewClaim {
  readonly id: string;
  readonly importId: string;
  readonly channels: readonly ConsentChannel[];
  readonly basis: string;
  readonly source: string;
  readonly wording: string | undefined;
  /** Whoever takes the responsibility; absent for calls from within. */
  readonly claimedBy: string | undefined;
}

/** Keeps the claim as evidence, and answers it. */
export const insertClaim = async (trx: Trx, claim: NewClaim): Promise<ClaimView> => {
  const { rows } = await trx.raw<{ rows: Row[] }>(
    `insert into contacts.import_claims (id, import_id, channels, basis, source, wording, claimed_by)
     values (?::uuid, ?::uuid, ?::text[], ?::text, ?::text, ?::text, ?::uuid) returning *`,
    bind(claim.id, claim.importId, claim.channels, claim.basis, claim.source, claim.wording, claim.claimedBy),
  );
  return toView(rows[0] as Row);
};

/** The claims of an import, newest first. */
export const listClaims = async (sql: Sql, importId: string): Promise<ClaimView[]> => {
  const { rows } = await sql.raw<{ rows: Row[] }>(
    "select * from contacts.import_claims where import_id = ?::uuid order by id desc limit 100",
    bind(importId),
  );
  return rows.map(toView);
};

export interface OpenClaim extends Row {
  /** The last contact that was looked at. */
  readonly cursor: string | null;
  readonly first_id: string | null;
  readonly last_id: string | null;
  readonly status: string;
  /** Of the import: whoever it brought and moved elsewhere since is not meant. */
  readonly communities: string[] | null;
}

/** A claim that is not finished, and its import, both locked until the transaction ends. */
export const lockClaim = async (trx: Trx, id: string): Promise<OpenClaim | undefined> => {
  const { rows } = await trx.raw<{ rows: OpenClaim[] }>(
    `select claim.*, i.first_id, i.last_id, i.status, i.communities from contacts.import_claims claim join contacts.imports i on i.id = claim.import_id
     where claim.id = ?::uuid and claim.finished_at is null for update`,
    bind(id),
  );
  return rows[0];
};

/** Live contacts that the import brought, in order, after the claim's cursor; locked, so that none goes meanwhile. */
export const nextPeople = async (trx: Trx, claim: OpenClaim, limit: number): Promise<readonly ClaimPerson[]> => {
  const home = claim.communities ? " and community_id = any(?::uuid[])" : "";
  const { rows } = await trx.raw<{ rows: ClaimPerson[] }>(
    `select id, email, phone from contacts.contacts
     where import_id = ?::uuid and id >= coalesce(?::uuid, ?::uuid) and (?::uuid is null or id > ?::uuid) and id <= ?::uuid and deleted_at is null${home}
     order by id limit ? for key share`,
    bind(
      claim.import_id,
      claim.cursor,
      claim.first_id,
      claim.cursor,
      claim.cursor,
      claim.last_id,
      ...(claim.communities ? [claim.communities] : []),
      limit,
    ),
  );
  return rows;
};

/** Adds a chunk's counts; the claim is finished when there is no cursor. */
export const advanceClaim = async (
  trx: Trx,
  id: string,
  by: { readonly granted: number; readonly leftOut: number; readonly cursor: string | null },
): Promise<void> => {
  await trx.raw(
    `update contacts.import_claims set granted = granted + ?::int, left_out = left_out + ?::int, cursor = coalesce(?::uuid, cursor),
       finished_at = case when ?::uuid is null then now() end where id = ?::uuid`,
    bind(by.granted, by.leftOut, by.cursor, by.cursor, id),
  );
};
