// From what a caller asks for to what the store compares: words become a search, a segment its rule.
import type { Deps } from "../../../shared/broker/deps.ts";
import type { ContactFilter as Asked } from "../../../shared/contracts/contact-filter.ts";
import { personSearch } from "../../../shared/lib/person-search.ts";
import { compileSegment } from "../segments/compile-segment.ts";
import type { ContactFilter } from "./store.ts";

/** The filter as the store takes it. Throws SEGMENT_NOT_FOUND, or SEGMENT_RULE_INVALID for one of an older version. */
export const storeFilter = async (deps: Deps, { q, segmentId, ...fields }: Asked): Promise<ContactFilter> => ({
  ...fields,
  within: deps.scope,
  search: q ? personSearch(q) : undefined,
  rule: segmentId ? await compileSegment(deps, segmentId) : undefined,
});
