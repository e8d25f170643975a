// What must follow when a person's role, password or permission to sign in has changed: sessions that began before end,
// and no process goes on believing what it knew of their tokens. Told by an event as well, which outlasts an outage.
import type { Deps } from "../../shared/broker/deps.ts";
import { config } from "../../shared/config.ts";
import type { EventPayload } from "../../shared/contracts/index.ts";
import type { Trx } from "../../shared/db/knex.ts";
import { publish } from "../../shared/jobs/outbox.ts";
import { createSessions, publicIdOf, type Sessions } from "../auth/sessions.ts";
import { announceRevoked } from "./revocations.ts";
import { databaseTime, lockUser } from "./store.ts";

/** Sessions of this process's people. */
export const sessionsOf = (deps: Pick<Deps, "redis" | "clock">): Sessions =>
  createSessions(deps.redis, deps.clock, config.secretKeys);

export interface Changed {
  readonly userId: string;
  /** The session of whoever made the change to themselves stays. */
  readonly keepSessionId?: string | undefined;
}

export interface AccessChange extends Changed {
  readonly at: Date;
}

/**
 * Tells of the change in its transaction, and answers it with its moment, by the database's clock as sessions have theirs:
 * with clocks of their own, a session of a replica that is ahead would outlive the change. The person is locked from that moment until the
 * commit, as a sign-in locks them: it began earlier and is ended, or it waits and meets what has changed.
 */
export const publishAccessChange = async (trx: Trx, changed: Changed): Promise<AccessChange> => {
  await lockUser(trx, changed.userId);
  const change = { ...changed, at: await databaseTime(trx) };
  await publish(trx, "user.access-changed", {
    userId: change.userId,
    at: change.at.toISOString(),
    ...(change.keepSessionId === undefined ? {} : { keepSessionId: publicIdOf(change.keepSessionId) }),
  });
  return change;
};

/** Ends what began before the change; the event's handler. */
export const endOldSessions = async (
  deps: Pick<Deps, "redis" | "clock">,
  { userId, at, keepSessionId }: EventPayload<"user.access-changed">,
): Promise<void> => {
  await sessionsOf(deps).endAll(userId, { before: new Date(at), keep: keepSessionId });
};

/** Does the same at once, after the commit. When Redis is away nobody gets in, and the event does it once it is back. */
export const applyAccessChange = async (
  deps: Pick<Deps, "redis" | "clock" | "log" | "broker">,
  change: AccessChange,
  tokenIds: readonly string[],
): Promise<void> => {
  announceRevoked(deps, tokenIds);
  const keep = change.keepSessionId === undefined ? undefined : publicIdOf(change.keepSessionId);
  await sessionsOf(deps)
    .endAll(change.userId, { before: change.at, keep })
    .catch((error: unknown) =>
      deps.log.warn(`sessions are ended when Redis is back: ${error instanceof Error ? error.message : String(error)}`),
    );
};
