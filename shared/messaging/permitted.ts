// The last look at an address before anything is handed over, whatever let its message into the ledger.
import type { Sql } from "../db/knex.ts";
import { isReservedAddress } from "../lib/reserved-address.ts";
import { type ClaimedMessage, skipClaimed } from "./claim.ts";

export interface AddressRules {
  /** Mail leaves this machine: addresses that cannot be anybody's get nothing. */
  readonly live: boolean;
  /** When not empty, only these addresses and domains get anything (staging). */
  readonly allowlist: readonly string[];
}

/** The part behind the @. */
export const domainOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1);

const refusal = (address: string, { live, allowlist }: AddressRules): string | undefined => {
  if (live && isReservedAddress(address)) return "reserved_address";
  const listed = allowlist.length === 0 || allowlist.includes(address) || allowlist.includes(domainOf(address));
  return listed ? undefined : "not_on_allowlist";
};

/** Those of the claimed messages whose address may be written to; the others end as skipped, with the reason. */
export const permitted = async (
  sql: Sql,
  claimed: readonly ClaimedMessage[],
  attemptId: string,
  rules: AddressRules,
): Promise<readonly ClaimedMessage[]> => {
  const judged = Map.groupBy(claimed, ({ address }) => refusal(address, rules));
  for (const [reason, messages] of judged) {
    if (reason === undefined) continue;
    const ids = messages.map(({ id }) => id);
    await skipClaimed(sql, ids, attemptId, reason);
  }
  return judged.get(undefined) ?? [];
};
