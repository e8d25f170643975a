// Decides what each row of a batch does: as if the rows came one after the other, so that a row also meets contacts
// that rows before it made or changed. Pure; the result is written by a few statements for the whole batch.
import type { BadRow, ImportRow } from "../row-input.ts";

/** A contact of the database that shares an email, number or external id with a row of the batch. */
export interface KnownContact {
  readonly id: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly kind: "person" | "business";
  readonly externalId: string | null;
}

/** A contact to insert, or the fields of one to change: what is absent stays as it is. */
export interface ContactWrite {
  readonly id: string;
  email?: string;
  phone?: string;
  kind?: "person" | "business";
  externalId?: string;
  firstName?: string;
  lastName?: string;
  orgName?: string;
  community?: string;
  timezone?: string;
  stage?: string;
  attrs?: Record<string, string>;
  tags?: string[];
}

export interface MatchedBatch {
  readonly inserts: readonly ContactWrite[];
  readonly updates: readonly ContactWrite[];
  readonly counts: { readonly inserted: number; readonly updated: number; readonly skipped: number };
  readonly refused: readonly BadRow[];
}

interface Entity {
  readonly write: ContactWrite;
  readonly isNew: boolean;
  touched: boolean;
  email: string | null;
  phone: string | null;
  kind: "person" | "business";
  externalId: string | null;
}

type Identity = Pick<Entity, "email" | "phone" | "kind" | "externalId">;

const keysOf = ({ email, phone, kind, externalId }: Identity): string[] => [
  ...(email ? [`email ${email}`] : []),
  ...(phone ? [`phone ${kind} ${phone}`] : []),
  ...(externalId ? [`externalId ${externalId}`] : []),
];
const other = (kind: "person" | "business") => (kind === "person" ? "business" : "person");

/**
 * What the rows amount to. `known` are the contacts that share a value with one of them; ids of new ones come from
 * `makeId` in the order of the rows. Every row is counted once: inserted, updated, skipped or refused.
 */
export const matchRows = (
  rows: readonly ImportRow[],
  known: readonly KnownContact[],
  { dedupe, makeId }: { readonly dedupe: "update" | "skip"; readonly makeId: () => string },
): MatchedBatch => {
  const index = new Map<string, Entity>();
  const entities: Entity[] = [];
  const refused: BadRow[] = [];
  const counts = { inserted: 0, updated: 0, skipped: 0 };
  const add = (entity: Entity) => {
    entities.push(entity);
    for (const key of keysOf(entity)) index.set(key, entity);
  };
  for (const contact of known) add({ ...contact, write: { id: contact.id }, isNew: false, touched: false });

  for (const row of rows) {
    const byEmail = row.email ? index.get(`email ${row.email}`) : undefined;
    const byExternal = row.externalId ? index.get(`externalId ${row.externalId}`) : undefined;
    const base = byEmail ?? byExternal;
    const kind = row.kind ?? base?.kind ?? "person";
    // A file that does not say whether these are people or businesses means whoever has the number.
    const byPhone = row.phone
      ? (index.get(`phone ${kind} ${row.phone}`) ??
        (row.kind || base ? undefined : index.get(`phone ${other(kind)} ${row.phone}`)))
      : undefined;
    const entity = base ?? byPhone;
    const clash = [byEmail, byExternal, byPhone].some((found) => found && found !== entity);
    if (clash) {
      const holders = Object.entries({ email: byEmail, phone: byPhone, "external id": byExternal }).filter(
        ([, found]) => found,
      );
      refused.push({
        row: row.row,
        cells: row.cells,
        errors: [
          {
            column: "",
            message: `${holders.map(([what]) => what).join(" and ")} belong to different contacts (${holders.map(([, found]) => found?.write.id).join(", ")}); expected one contact`,
          },
        ],
      });
      continue;
    }
    if (entity && dedupe === "skip") {
      counts.skipped += 1;
      continue;
    }
    const target: Entity = entity ?? {
      write: { id: makeId() },
      isNew: true,
      touched: true,
      email: null,
      phone: null,
      kind,
      externalId: null,
    };
    const next: Identity = {
      email: row.email ?? target.email,
      phone: row.phone ?? target.phone,
      kind: row.kind ?? target.kind,
      externalId: row.externalId ?? target.externalId,
    };
    const taken = keysOf(next).find((key) => (index.get(key) ?? target) !== target);
    if (taken) {
      refused.push({
        row: row.row,
        cells: row.cells,
        errors: [
          {
            column: "",
            message: `would take the ${taken} of contact ${index.get(taken)?.write.id}; expected one that is free`,
          },
        ],
      });
      continue;
    }
    if (entity) counts.updated += 1;
    else counts.inserted += 1;
    for (const key of keysOf(target)) if (index.get(key) === target) index.delete(key);
    Object.assign(target, next);
    target.touched = true;
    for (const key of keysOf(target)) index.set(key, target);
    if (!entity) entities.push(target);
    take(target.write, row);
  }
  const touched = entities.filter((entity) => entity.touched);
  return {
    inserts: touched.filter((entity) => entity.isNew).map((entity) => ({ ...entity.write, kind: entity.kind })),
    updates: touched.filter((entity) => !entity.isNew).map((entity) => entity.write),
    counts,
    refused,
  };
};

const take = (write: ContactWrite, row: ImportRow): void => {
  const { row: _row, cells: _cells, attrs, tags, ...fields } = row;
  Object.assign(write, fields);
  if (attrs) write.attrs = { ...write.attrs, ...attrs };
  if (tags) write.tags = [...(write.tags ?? []), ...tags];
};
