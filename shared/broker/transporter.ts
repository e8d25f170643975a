// Moleculer's messages over Redis pub/sub, for as long as the process lives. Unlike Moleculer's own transporter it keeps
// one pair of connections however often Redis goes away, subscribes only on a connection that is ready, and makes a
// subscription that failed again, where that one lets the rejection end the process.
import type { Redis } from "ioredis";
import { Transporters } from "moleculer";
import { connectRedis } from "../streams/connections.ts";

/** A failed subscription is tried again on a new connection after this, in ms. */
const againMs = 1_000;

export class RedisTransporter extends Transporters.Base {
  readonly #url: string;
  #publisher: Redis | undefined;
  #subscriber: Redis | undefined;
  #again: NodeJS.Timeout | undefined;

  /** `url` as in REDIS_URL; nothing is opened before `connect`. */
  constructor(url: string) {
    super({});
    this.#url = url;
  }

  /** Opens both connections. Resolves once Moleculer's subscriptions are made, however long Redis is away before. */
  override connect(): Promise<void> {
    const log = this.logger;
    const publisher = connectRedis(this.#url, "transporter", { log });
    // It subscribes anew by itself, and what it does there nobody could wait for or catch.
    const subscriber = connectRedis(this.#url, "transporter-sub", { log, redis: { autoResubscribe: false } });
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    subscriber.on("messageBuffer", (topic: Buffer, message: Buffer) => {
      const [command = ""] = topic
        .toString()
        .slice(this.prefix.length + 1)
        .split(".");
      this.receive(command, message);
    });
    return new Promise((resolve) => {
      const ready = () => {
        if (publisher.status !== "ready" || subscriber.status !== "ready") return;
        this.onConnected().then(resolve, (error: unknown) => log.error("The transporter could not begin", error));
      };
      for (const client of [publisher, subscriber]) {
        client.on("ready", ready);
        client.on("close", () => {
          this.connected = false;
        });
      }
    });
  }

  override async disconnect(): Promise<void> {
    clearTimeout(this.#again);
    this.connected = false;
    this.#subscriber?.disconnect();
    this.#publisher?.disconnect();
  }

  override async subscribe(command: string, nodeId?: string): Promise<void> {
    const client = this.#subscriber;
    try {
      await client?.subscribe(this.getTopicName(command, nodeId));
    } catch (error) {
      if (client?.status !== "ready") return; // The next connection that is ready subscribes.
      this.logger.error(`Nothing is heard from the other processes yet: ${(error as Error).message}`);
      clearTimeout(this.#again);
      this.#again = setTimeout(() => client.disconnect(true), againMs).unref();
    }
  }

  override async send(topic: string, data: Buffer): Promise<void> {
    try {
      await this.#publisher?.publish(topic, data);
    } catch (error) {
      this.logger.warn(`A message to the other processes was not sent: ${(error as Error).message}`);
    }
  }

  // Only asked of transporters that share messages out among processes; Moleculer does that itself here.
  override async subscribeBalancedRequest(): Promise<void> {}
  override async subscribeBalancedEvent(): Promise<void> {}
}
