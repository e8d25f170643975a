// What somebody who sees only some communities may follow: a single object when they may read it, a list under a name of
// their own that is told only when an object of theirs changed, and what tells of nobody. Anything else is never told.
import { callAction } from "../../shared/broker/context.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { errorCode } from "../../shared/contracts/errors.ts";
import type { Exchange } from "../exchange.ts";
import { metaOf } from "../routes/api.ts";
import type { Hub } from "./hub.ts";

/** Kinds of objects by the first part of a topic, the action that reads one, and the list they are in. */
const kinds = {
  campaign: { read: "campaigns.get", list: "campaigns" },
  contact: { read: "contacts.get", list: undefined },
  import: { read: "imports.get", list: "imports" },
} as const;
type Kind = keyof typeof kinds;
/** Lists that change without telling of whom: people, and figures over all queues. */
const ofNobody: ReadonlySet<string> = new Set(["contacts", "queues"]);
const mostRemembered = 1_000;
const separator = " of ";

export interface Following {
  /** The topics to follow instead of those that were asked for. */
  readonly topics: readonly string[];
  /** Those of them that nobody hears while the stream is away: they are told when it comes back. */
  readonly unheard: readonly string[];
  /** The topic as it was asked for. */
  nameOf(topic: string): string;
  stop(): void;
}

const kindOf = (topic: string): Kind | undefined => {
  const kind = topic.slice(0, Math.max(0, topic.indexOf(":")));
  return Object.hasOwn(kinds, kind) ? (kind as Kind) : undefined;
};

/** Decides what of the topics the caller of a stream may follow. */
export const followWithin = async (
  deps: Pick<Deps, "broker">,
  hub: Hub,
  exchange: Exchange,
  topics: readonly string[],
): Promise<Following> => {
  const known = new Map<string, Promise<boolean>>();
  const look = async (topic: string, kind: Kind): Promise<boolean> => {
    const id = topic.slice(topic.indexOf(":") + 1);
    try {
      await callAction(deps.broker, kinds[kind].read, { id }, metaOf(exchange));
      return true;
    } catch (error) {
      // An answer is kept; a service that is away for the moment is asked again.
      if (!errorCode(error) || errorCode(error) === "SERVICE_UNAVAILABLE") known.delete(topic);
      return false;
    }
  };
  const sees = (topic: string): Promise<boolean> => {
    const kind = kindOf(topic);
    if (!kind) return Promise.resolve(ofNobody.has(topic));
    const asked = known.get(topic) ?? look(topic, kind);
    if (known.size >= mostRemembered) known.clear();
    known.set(topic, asked);
    return asked;
  };

  const lists = new Set(Object.values(kinds).flatMap(({ list }) => (list && topics.includes(list) ? [list] : [])));
  const single = topics.filter((topic) => !lists.has(topic as never));
  const allowed = await Promise.all(single.map(sees));
  // People of the same communities share the name, and with it the second between two tellings.
  const limit = [...(exchange.caller?.communities ?? [])].sort().join();
  const own = (list: string) => `${list}${separator}${limit}`;
  const stop = hub.hear((topic) => {
    const kind = kindOf(topic);
    const list = kind && kinds[kind].list;
    if (!list || !lists.has(list)) return;
    void sees(topic).then((seen) => seen && hub.changed(own(list)));
  });
  return {
    topics: [...single.filter((_, index) => allowed[index]), ...[...lists].map(own)],
    unheard: [...lists].map(own),
    nameOf: (topic) => topic.split(separator)[0] ?? topic,
    stop,
  };
};
