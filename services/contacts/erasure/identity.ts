// Whom an erasure is about: the contact, what else is kept of the same person, their addresses, and the words that name
// them. An address that another live contact has too is not the person's alone, and stays.
import { createHash } from "node:crypto";
import type { ErasedPerson } from "../../../shared/consent/erase-consents.ts";
import { erasedAddress, erasedPrefix } from "../../../shared/consent/erased-addresses.ts";
import type { Trx } from "../../../shared/db/knex.ts";
import { anyWord } from "../../../shared/lib/person-words.ts";
import { addressesOf } from "../../../shared/messaging/erase-messages.ts";
import { type ErasureRow, type PersonRow, personRows, sharedAddresses } from "./store.ts";

export interface Identity extends ErasedPerson {
  /** The person's rows, the contact first. */
  readonly rows: readonly PersonRow[];
  /** Addresses, and the full name: what cannot mean anybody else. */
  readonly strong: readonly string[];
  /** The same as it stands inside JSON. */
  readonly jsonWords: string | undefined;
}

/** A uuid (version 8) that only the holder of the keys can lead back to the contact. */
const erasedId = (id: string): string => {
  const hash = createHash("sha256")
    .update(erasedAddress(`contact ${id}`).slice(erasedPrefix.length))
    .digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x80, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString("hex", 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

const shortestName = 5;

/** First and last name together, in the ways they are written; one alone may mean anybody. */
const namesOf = ({ first_name, last_name }: PersonRow): string[] => {
  if (!first_name || !last_name || first_name.length + last_name.length < shortestName) return [];
  return [`${first_name} ${last_name}`, `${last_name}, ${first_name}`, `${last_name} ${first_name}`];
};

const singleNames = ({ first_name, last_name, org_name, external_id }: PersonRow): string[] =>
  [first_name, last_name, org_name, external_id].filter((name): name is string => name !== null);

/** Everything that leads to the person, as it is now. Undefined when the contact is erased already. */
export const identify = async (trx: Trx, erasure: ErasureRow): Promise<Identity | undefined> => {
  const rows = await personRows(trx, erasure);
  if (rows.length === 0) return undefined;
  const contactIds = rows.map(({ id }) => id);
  const found = [
    ...rows.flatMap(({ email, phone }) => [
      ...(email ? [{ channel: "email" as const, address: email }] : []),
      ...(phone ? (["sms", "call"] as const).map((channel) => ({ channel, address: phone })) : []),
    ]),
    ...(await addressesOf(trx, contactIds)),
  ];
  const shared = await sharedAddresses(trx, contactIds, [...new Set(found.map(({ address }) => address))]);
  const addresses = [
    ...new Map(
      found.filter(({ address }) => !shared.has(address)).map((one) => [`${one.channel} ${one.address}`, one]),
    ).values(),
  ];
  const strong = [...new Set([...addresses.map(({ address }) => address), ...rows.flatMap(namesOf)])];
  return {
    rows,
    contactIds,
    erasedIds: contactIds.map(erasedId),
    addresses,
    strong,
    words: anyWord(strong),
    ownWords: anyWord([...strong, ...rows.flatMap(singleNames)]),
    jsonWords: anyWord(strong, true),
  };
};
