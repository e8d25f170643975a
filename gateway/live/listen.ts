// This gateway process's ear on Redis pub/sub: topics that changed go to the hub, revoked tokens out of the cache.
import type { Redis } from "ioredis";
import { type Deps, redisUrl } from "../../shared/broker/deps.ts";
import { connectRedis } from "../../shared/streams/connections.ts";
import { revokedChannel } from "../accounts/revocations.ts";
import type { TokenCache } from "../auth/token-cache.ts";
import { liveChannel } from "./announce.ts";
import type { Hub } from "./hub.ts";

const topicOf = (message: string): string | undefined => {
  try {
    const { topic } = JSON.parse(message) as { topic?: unknown };
    return typeof topic === "string" ? topic : undefined;
  } catch {
    return undefined;
  }
};

/** Listens until the client it answers is disconnected. After an outage the hub and the cache start afresh. */
export const listen = (deps: Pick<Deps, "log">, hub: Hub, tokens: TokenCache): Redis => {
  const client = connectRedis(redisUrl(), "live", { log: deps.log, redis: { autoResubscribe: false } });
  client.on("message", (channel: string, message: string) => {
    if (channel === revokedChannel) {
      tokens.forget(message.split(","));
      return;
    }
    const topic = topicOf(message);
    if (topic) hub.changed(topic);
  });
  client.on("ready", () => {
    client.subscribe(liveChannel, revokedChannel).then(
      () => {
        tokens.clear();
        hub.resumed();
      },
      // The connection broke again: the next `ready` subscribes.
      () => undefined,
    );
  });
  return client;
};
