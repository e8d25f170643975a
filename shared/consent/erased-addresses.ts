// Addresses of erased people: kept as a keyed hash only, so that they stay suppressed although nobody can read them.
// Whoever looks suppressions up joins both spellings; while nobody was ever erased, the hash is never computed.
import { config } from "../config.ts";
import { keyedHash, keyedHashMasks } from "../lib/tokens.ts";

const purpose = "erased-address";
/** What the address of an erased person begins with where it is suppressed. */
export const erasedPrefix = "erased:";

/** How an erased address is written down; `address` is normalised. */
export const erasedAddress = (address: string, keys: readonly string[] = config.secretKeys): string =>
  erasedPrefix + Buffer.from(keyedHash(keys, purpose, address), "base64url").toString("hex");

/** True for an address that was erased. */
export const isErased = (address: string): boolean => address.startsWith(erasedPrefix);

interface Fragment {
  readonly sql: string;
  readonly bindings: readonly unknown[];
}

export interface SuppressionJoin {
  /** `left join`s: as the address is, and as its hash under each key. */
  readonly joins: Fragment;
  /** The reason of whichever holds, or null. */
  readonly reason: string;
}

/**
 * Joins what suppresses `address` on `channel` (both SQL expressions without bindings). `only` is a further condition
 * over a suppression, written with the alias `s`.
 */
export const joinSuppressions = (
  channel: string,
  address: string,
  only?: Fragment,
  keys: readonly string[] = config.secretKeys,
): SuppressionJoin => {
  const condition = (alias: string) => (only ? ` and (${only.sql.replaceAll("s.", `${alias}.`)})` : "");
  const extra = only?.bindings ?? [];
  const joins = [
    {
      sql: `left join consent.suppressions s on s.channel = ${channel} and s.address = ${address}${condition("s")}`,
      bindings: extra,
    },
    ...keyedHashMasks(keys, purpose).map(({ inner, outer }, i) => ({
      sql: `left join consent.suppressions e${i} on e${i}.channel = ${channel} and e${i}.address like '${erasedPrefix}%'
        and e${i}.address = case when (select exists (select 1 from consent.suppressions where address like '${erasedPrefix}%'))
          then '${erasedPrefix}' || encode(sha256(?::bytea || sha256(?::bytea || convert_to(${address}, 'UTF8'))), 'hex') end${condition(`e${i}`)}`,
      bindings: [outer, inner, ...extra],
    })),
  ];
  return {
    joins: { sql: joins.map(({ sql }) => sql).join("\n"), bindings: joins.flatMap(({ bindings }) => bindings) },
    reason: `coalesce(${["s.reason", ...joins.slice(1).map((_, i) => `e${i}.reason`)].join(", ")})`,
  };
};

/** The ways an address may be written down: itself, and its hash under every key. */
export const spellingsOf = (address: string, keys: readonly string[] = config.secretKeys): readonly string[] => [
  address,
  ...keys.map((key) => erasedAddress(address, onlyKey(key))),
];

// keyedHash remembers derived keys by the list's identity: the same list for the same key.
const lists = new Map<string, readonly string[]>();
const onlyKey = (key: string): readonly string[] => {
  const list = lists.get(key) ?? [key];
  lists.set(key, list);
  return list;
};
