// How the contacts of a filter divide. What was costly to count is answered again for a while: twenty times as long as it
// took, so that counting never takes more than a twentieth of the database's time however many people look.
import type { Deps } from "../../../../shared/broker/deps.ts";
import type { ContactFilter } from "../../../../shared/contracts/contact-filter.ts";
import type { ContactFacets } from "../../../../shared/contracts/contacts.ts";
import { heavyRead } from "../../../../shared/db/heavy-read.ts";
import { storeFilter } from "../filter-input.ts";
import { communitiesById, countGroups, countReach, countTags } from "./store.ts";

const TAGS = 50;
const KEEP_FACTOR = 20;
const KEEP_MS = 60_000;
const REMEMBERED = 200;

interface Remembered {
  readonly answer: Promise<ContactFacets>;
  /** Monotonic milliseconds until which it is answered again; while it is counted, for ever. */
  until: number;
}
/** Per process: each has its own database connections, so tests with several databases do not meet. */
const remembered = new WeakMap<object, Map<string, Remembered>>();

const countAll = async (deps: Deps, asked: ContactFilter): Promise<ContactFacets> => {
  const countedAt = deps.clock.now().toISOString();
  const filter = await storeFilter(deps, asked);
  const [groups, tags, reach, names] = await Promise.all([
    heavyRead(deps.db, (trx) => countGroups(trx, filter)),
    heavyRead(deps.db, (trx) => countTags(trx, filter, TAGS)),
    heavyRead(deps.db, (trx) => countReach(trx, filter)),
    communitiesById(deps.db),
  ]);
  const communities = new Map<string, number>();
  const kinds = { person: 0, business: 0 };
  const stages = { awareness: 0, engagement: 0, sales: 0, retention: 0, churn: 0 };
  let total = 0;
  for (const { community_id, kind, stage, n } of groups) {
    const count = Number(n);
    total += count;
    communities.set(community_id, (communities.get(community_id) ?? 0) + count);
    kinds[kind] += count;
    stages[stage] += count;
  }
  const [noAddress, suppressed, open] = [Number(reach.no_address), Number(reach.suppressed), Number(reach.agreed)];
  return {
    total,
    countedAt,
    communities: [...communities]
      .map(([id, count]) => ({ id, name: names.get(id) ?? id, count }))
      .sort((a, b) => b.count - a.count || a.name.localeCompare(b.name)),
    tags: tags.map(({ name, n }) => ({ name, count: Number(n) })),
    kinds,
    stages,
    reach: {
      open,
      // Counted apart from the groups, and contacts may come in between.
      no_consent: Math.max(0, total - noAddress - suppressed - open),
      suppressed,
      no_address: noAddress,
    },
  };
};

/**
 * The facets of a filter, up to a minute old unless asked `fresh`: whoever has just changed contacts sees what they did,
 * with the next filters too. Throws SEGMENT_NOT_FOUND.
 */
export const contactFacets = async (
  deps: Deps,
  { fresh, ...asked }: ContactFilter & { readonly fresh?: boolean | undefined },
): Promise<ContactFacets> => {
  const answers = remembered.get(deps.db) ?? new Map<string, Remembered>();
  remembered.set(deps.db, answers);
  const of = [...(deps.scope?.communities ?? ["all"])].sort();
  const key = JSON.stringify([of, Object.entries(asked).sort(([a], [b]) => (a < b ? -1 : 1))]);
  const began = deps.clock.monotonic();
  if (fresh) answers.clear();
  const known = answers.get(key);
  if (known && known.until > began) return known.answer;
  const entry: Remembered = { answer: countAll(deps, asked), until: Number.POSITIVE_INFINITY };
  answers.set(key, entry);
  for (const old of answers.keys()) if (answers.size > REMEMBERED && old !== key) answers.delete(old);
  try {
    const answer = await entry.answer;
    const took = deps.clock.monotonic() - began;
    entry.until = began + took + Math.min(KEEP_MS, took * KEEP_FACTOR);
    return answer;
  } catch (error) {
    if (answers.get(key) === entry) answers.delete(key);
    throw error;
  }
};
