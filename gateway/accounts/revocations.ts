// Tells every gateway process that tokens were revoked: its own at once, the others over Redis pub/sub.
import type { Deps } from "../../shared/broker/deps.ts";
import { tokenCacheOf } from "../auth/token-cache.ts";

/** Pub/sub channel; the message is a comma-separated list of token ids. */
export const revokedChannel = "lc:tokens-revoked";

/** Forgets the tokens here and tells the others. They also forget by themselves within three seconds, so Redis may be away. */
export const announceRevoked = (deps: Pick<Deps, "broker" | "redis">, ids: readonly string[]): void => {
  tokenCacheOf(deps.broker).forget(ids);
  if (ids.length > 0 && deps.redis.status === "ready")
    deps.redis.publish(revokedChannel, ids.join(",")).catch(() => undefined);
};
