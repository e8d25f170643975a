// GET /live: server-sent events that say which topics a screen must read again. Holds no data, only names of topics.
import type { Deps } from "../../shared/broker/deps.ts";
import { fail } from "../../shared/contracts/errors.ts";
import type { Guard } from "../auth/guard.ts";
import type { Exchange } from "../exchange.ts";
import type { Hub } from "../live/hub.ts";
import { followWithin } from "../live/within.ts";

const heartbeatMs = 15_000;
const mostTopics = 50;
const mostPerUser = 30;
const mostStreams = 2_000;
/** A browser that stopped reading is let go; it comes back with the last id it saw. */
const mostUnreadBytes = 64 * 1024;
const topicShape = /^[a-z][a-z-]{0,40}(?::[\w-]{1,64})?$/;

const readTopics = ({ query }: Exchange): string[] => {
  const { topics } = query;
  const names =
    typeof topics === "string"
      ? [
          ...new Set(
            topics
              .split(",")
              .map((name) => name.trim())
              .filter(Boolean),
          ),
        ]
      : [];
  const wrong = names.find((name) => !topicShape.test(name));
  const message =
    names.length === 0
      ? "names no topic, expected a list such as campaigns,campaign:<id>"
      : wrong !== undefined
        ? `has "${wrong.slice(0, 100)}", expected names such as campaigns or campaign:<id>`
        : names.length > mostTopics
          ? `names ${names.length} topics, expected at most ${mostTopics}`
          : undefined;
  if (message)
    throw fail("VALIDATION_FAILED", `The query field topics ${message}`, { errors: [{ path: "topics", message }] });
  return names;
};

export interface LiveStreams {
  /** Opens a stream. Throws VALIDATION_FAILED, or RATE_LIMITED when the person has too many open. */
  handle(exchange: Exchange): Promise<void>;
  /** Ends all streams; the browsers come back by themselves. */
  stop(): void;
}

export const createLiveStreams = (deps: Pick<Deps, "broker">, hub: Hub, guard: Guard): LiveStreams => {
  const open = new Map<Exchange, () => void>();

  const demandRoom = (userId: string | undefined) => {
    let own = 0;
    for (const other of open.keys()) if (other.caller?.userId === userId) own++;
    if (own >= mostPerUser)
      throw fail("RATE_LIMITED", `You have ${own} live streams open, which is the most; close some tabs`, {
        retryAfter: 30,
      });
    if (open.size >= mostStreams)
      throw fail("SERVICE_UNAVAILABLE", "This process holds as many live streams as it can. Read again at intervals.", {
        retryAfter: 30,
      });
  };

  return {
    async handle(exchange) {
      const topics = readTopics(exchange);
      demandRoom(exchange.caller?.userId);
      const { req, res } = exchange;
      const within = exchange.caller?.communities
        ? await followWithin(deps, hub, exchange, topics)
        : { topics, unheard: [], nameOf: (topic: string) => topic, stop: () => undefined };
      if (res.destroyed) {
        within.stop();
        return;
      }
      const last = Number(req.headers["last-event-id"]);
      res.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store, no-transform",
        "x-accel-buffering": "no",
      });
      if (req.method === "HEAD") {
        within.stop();
        res.end();
        return;
      }
      res.write("retry: 2000\n\n");

      const send = (text: string) => {
        if (res.writableLength > mostUnreadBytes) close();
        else res.write(text);
      };
      const tell = (topic: string, id: number) =>
        send(`id: ${id}\ndata: ${JSON.stringify({ topic: within.nameOf(topic) })}\n\n`);
      const beat = async () => {
        // A session may end and a token be revoked while the stream is open.
        const admitted = await guard.stillAdmitted(exchange).catch(() => true);
        if (admitted) send(": still here\n\n");
        else close();
      };
      const timer = setInterval(() => void beat(), heartbeatMs);
      const close = () => {
        if (!open.delete(exchange)) return;
        clearInterval(timer);
        unfollow();
        within.stop();
        res.end();
      };
      open.set(exchange, close);
      const unfollow = hub.follow(within.topics, tell, Number.isSafeInteger(last) && last > 0 ? last : undefined);
      if (last > 0) for (const topic of within.unheard) tell(topic, last);
      res.on("close", close);
    },

    stop() {
      for (const close of [...open.values()]) close();
    },
  };
};
