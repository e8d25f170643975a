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
  /** True for one of a community that the import may not touch, and nobody is told who it is. */
  readonly foreign?: boolean;
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
  /** Contacts that were made or changed, as they are after it: what the next batch must know before this is committed. */
  readonly left: readonly KnownContact[];
}

interface Entity {
  readonly id: string;
  readonly write: ContactWrite;
  readonly isNew: boolean;
  touched: boolean;
  email: string | null;
  phone: string | null;
  kind: "person" | "business";
  externalId: string | null;
  readonly foreign?: boolean;
}

type Identity = Pick<Entity, "email" | "phone" | "kind" | "externalId">;

const other = (kind: "person" | "business") => (kind === "person" ? "business" : "person");

/** Who holds which value. A map per kind of value: one with keys put together of both costs twice the time. */
const newIndex = () => {
  const emails = new Map<string, Entity>();
  const phones = { person: new Map<string, Entity>(), business: new Map<string, Entity>() };
  const externalIds = new Map<string, Entity>();
  const drop = <K>(map: Map<K, Entity>, key: K | null, entity: Entity) => {
    if (key !== null && map.get(key) === entity) map.delete(key);
  };
  return {
    byEmail: (email: string) => emails.get(email),
    byPhone: (phone: string, kind: Entity["kind"]) => phones[kind].get(phone),
    byExternalId: (id: string) => externalIds.get(id),
    add(entity: Entity) {
      if (entity.email) emails.set(entity.email, entity);
      if (entity.phone) phones[entity.kind].set(entity.phone, entity);
      if (entity.externalId) externalIds.set(entity.externalId, entity);
    },
    remove(entity: Entity) {
      drop(emails, entity.email, entity);
      drop(phones[entity.kind], entity.phone, entity);
      drop(externalIds, entity.externalId, entity);
    },
    /** A value of the identity that somebody else holds, in words, and who. */
    taken({ email, phone, kind, externalId }: Identity, by: Entity): { what: string; holder: Entity } | undefined {
      const found = (what: string, holder: Entity | undefined) =>
        holder !== undefined && holder !== by ? { what, holder } : undefined;
      return (
        (email ? found(`email ${email}`, emails.get(email)) : undefined) ??
        (phone ? found(`phone ${kind} ${phone}`, phones[kind].get(phone)) : undefined) ??
        (externalId ? found(`externalId ${externalId}`, externalIds.get(externalId)) : undefined)
      );
    },
  };
};

/** A row that meets somebody of another community: refused, without a word of whom. */
const heldElsewhere = ({ row, cells }: ImportRow): BadRow => ({
  row,
  cells,
  errors: [{ column: "", message: "its email, phone or external id is in use already; expected ones that are free" }],
});

/**
 * What the rows amount to. `known` are the contacts that share a value with one of them; ids of new ones come from
 * `makeId` in the order of the rows. Every row is counted once: inserted, updated, skipped or refused.
 */
export const matchRows = (
  rows: readonly ImportRow[],
  known: readonly KnownContact[],
  { dedupe, makeId }: { readonly dedupe: "update" | "skip"; readonly makeId: () => string },
): MatchedBatch => {
  const index = newIndex();
  const entities: Entity[] = [];
  const refused: BadRow[] = [];
  const counts = { inserted: 0, updated: 0, skipped: 0 };
  for (const contact of known) {
    const entity = { ...contact, write: { id: contact.id }, isNew: false, touched: false };
    entities.push(entity);
    index.add(entity);
  }

  for (const row of rows) {
    const byEmail = row.email ? index.byEmail(row.email) : undefined;
    const byExternal = row.externalId ? index.byExternalId(row.externalId) : undefined;
    const base = byEmail ?? byExternal;
    const kind = row.kind ?? base?.kind ?? "person";
    // A file that does not say whether these are people or businesses means whoever has the number.
    const byPhone = row.phone
      ? (index.byPhone(row.phone, kind) ?? (row.kind || base ? undefined : index.byPhone(row.phone, other(kind))))
      : undefined;
    const entity = base ?? byPhone;
    if (byEmail?.foreign || byExternal?.foreign || byPhone?.foreign) {
      refused.push(heldElsewhere(row));
      continue;
    }
    const clashes = (found: Entity | undefined) => found !== undefined && found !== entity;
    if (clashes(byEmail) || clashes(byExternal) || clashes(byPhone)) {
      const holders = Object.entries({ email: byEmail, phone: byPhone, "external id": byExternal }).filter(
        ([, found]) => found,
      );
      refused.push({
        row: row.row,
        cells: row.cells,
        errors: [
          {
            column: "",
            message: `${holders.map(([what]) => what).join(" and ")} belong to different contacts (${holders.map(([, found]) => found?.id).join(", ")}); expected one contact`,
          },
        ],
      });
      continue;
    }
    if (entity && dedupe === "skip") {
      counts.skipped += 1;
      continue;
    }
    const id = entity?.id ?? makeId();
    const target: Entity = entity ?? {
      id,
      write: { id },
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
    const taken = index.taken(next, target);
    if (taken?.holder.foreign) {
      refused.push(heldElsewhere(row));
      continue;
    }
    if (taken) {
      refused.push({
        row: row.row,
        cells: row.cells,
        errors: [
          {
            column: "",
            message: `would take the ${taken.what} of contact ${taken.holder.id}; expected one that is free`,
          },
        ],
      });
      continue;
    }
    if (entity) counts.updated += 1;
    else counts.inserted += 1;
    if (entity) index.remove(target);
    Object.assign(target, next);
    target.touched = true;
    index.add(target);
    if (!entity) entities.push(target);
    take(target.write, row);
  }
  const touched = entities.filter((entity) => entity.touched);
  return {
    inserts: touched
      .filter((entity) => entity.isNew)
      .map(({ write, kind }) => {
        write.kind = kind;
        return write;
      }),
    updates: touched.filter((entity) => !entity.isNew).map((entity) => entity.write),
    counts,
    refused,
    left: touched,
  };
};

const fields = [
  "email",
  "phone",
  "externalId",
  "firstName",
  "lastName",
  "orgName",
  "community",
  "timezone",
  "stage",
] as const;

const take = (write: ContactWrite, row: ImportRow): void => {
  for (const field of fields) {
    const value = row[field];
    if (value !== undefined) write[field] = value;
  }
  if (row.kind) write.kind = row.kind;
  // The row is read for this alone, so a first write may keep what it holds.
  if (row.attrs) write.attrs = write.attrs ? { ...write.attrs, ...row.attrs } : row.attrs;
  if (row.tags) write.tags = write.tags ? [...write.tags, ...row.tags] : row.tags;
};
