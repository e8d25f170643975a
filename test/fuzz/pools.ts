// What exists, by kind: ids, names, cursors. Filled from what the API itself answers, and told to requests when they are
// sent, so that they meet living objects for as long as there are any.
import { referenceShape } from "./schema.ts";

/** Names in paths by action or service; everything else in a path is an id of its service. */
const named: Readonly<Record<string, string>> = {
  "jobs.pauseQueue": "queues",
  "jobs.resumeQueue": "queues",
  "jobs.pauseType": "types",
  "jobs.resumeType": "types",
  "accounts.endSession": "sessions",
  "accounts.revokeToken": "tokens",
  "users.resendInvite": "invites",
  "users.revokeInvite": "invites",
  "consent.unsuppress": "suppressions",
  "consent.suppressionsOf": "contacts",
  "consent.ledger": "contacts",
  "consent.record": "contacts",
  "sandbox.getMail": "mails",
};

/** The pool of what a part of an action's path names. */
export const poolOf = (action: string, part: string): string =>
  part === "number" ? "numbers" : (named[action] ?? action.slice(0, action.indexOf(".")));

export interface Pools {
  add(pool: string, value: string): void;
  /**
   * Puts living objects where a text has references; one without any gets an id of nobody. Every other one comes from
   * `also`, where that has some.
   */
  fill(text: string, also?: Readonly<Record<string, readonly string[]>>): string;
}

const nobody = "01990000-0000-7000-8000-000000000001";
const most = 400;

/** Pools that never hold what is in `keep`: what the attackers themselves live on. */
export const createPools = (keep: ReadonlySet<string>): Pools => {
  const pools = new Map<string, string[]>();
  return {
    add(pool, value) {
      if (keep.has(value)) return;
      const known = pools.get(pool) ?? [];
      if (known.includes(value)) return;
      // Half of them stay those of the beginning; the other half are the newest.
      if (known.length >= most) known.splice(most / 2, 1);
      known.push(value);
      pools.set(pool, known);
      if (pool !== "any" && pool !== "cursors" && pool !== "links" && /^[0-9a-f-]{36}$/.test(value))
        this.add("any", value);
    },
    fill: (text, also = {}) =>
      text.replace(referenceShape, (_, pool: string, digits: string) => {
        const n = Number(digits);
        const more = also[pool] ?? [];
        const known = more.length > 0 && n % 2 === 1 ? more : (pools.get(pool) ?? more);
        return known[(n >> 1) % known.length] ?? nobody;
      }),
  };
};
