// Spans of handing messages over. A message that was asked for in a trace has one of its own, with the provider's call
// in it; a campaign's messages share one per hand-off group, so that tracing 100,000 mails is 2,000 spans.
import { isTracing, type OpenSpan, openSpan, traced } from "../broker/tracing.ts";
import type { Outcome } from "./outcomes.ts";
import type { OutgoingMessage } from "./transport.ts";

interface Group {
  readonly span: OpenSpan;
  readonly kinds: Map<string, number>;
  left: number;
}

/** Spans of one sender. Without tracing each call is a look at one variable. */
export const createSendSpans = (channel: string, provider: string) => {
  const groups = new Map<string, Group>();

  return {
    /** These messages are about to be handed over, as one group. */
    begin(messages: readonly OutgoingMessage[]): void {
      if (!isTracing()) return;
      const shared = messages.filter(({ trace, dispatch }) => trace === null && dispatch.trace !== null);
      for (const [traceparent, list] of Map.groupBy(shared, ({ dispatch }) => dispatch.trace)) {
        const attributes = {
          "lc.messages": list.length,
          "lc.provider": provider,
          "lc.source": list[0]?.dispatch.sourceId,
        };
        const span = openSpan(`send ${channel} group`, { kind: "client", parent: { traceparent }, attributes });
        const group: Group = { span, kinds: new Map(), left: list.length };
        for (const { id } of list) groups.set(id, group);
      }
    },
    /** Hands one message over. */
    around({ id, trace, attempts }: OutgoingMessage, handOver: () => Promise<Outcome>): Promise<Outcome> {
      if (trace === null || !isTracing()) return handOver();
      const attributes = { "lc.message.id": id, "lc.provider": provider, "lc.message.attempt": attempts };
      return traced(`send ${channel}`, { kind: "client", parent: { traceparent: trace }, attributes }, async (span) => {
        const outcome = await handOver();
        span.set({ "lc.message.outcome": outcome.kind });
        if (outcome.kind !== "accepted") span.failed({ type: outcome.kind });
        return outcome;
      });
    },
    /** A message has its outcome; the last one of a group ends the group's span. */
    ended(id: string, kind: string): void {
      const group = groups.size === 0 ? undefined : groups.get(id);
      if (!group) return;
      groups.delete(id);
      group.kinds.set(kind, (group.kinds.get(kind) ?? 0) + 1);
      if (--group.left > 0) return;
      group.span.set(Object.fromEntries([...group.kinds].map(([name, count]) => [`lc.messages.${name}`, count])));
      group.span.end();
    },
  };
};
