// Claimed messages of this process that wait for hand-off, by lane: urgent lanes first, but none is starved.
import { lanes, type SendLane } from "./dispatches.ts";
import type { OutgoingMessage } from "./transport.ts";

export type ReadyMessage = OutgoingMessage;

/** Every n-th group is taken from the least urgent lane that waits: its reserved share. */
const SHARE = 8;

export const createReadyQueue = () => {
  const waiting = new Map<SendLane, ReadyMessage[]>(lanes.map((lane) => [lane, []]));
  const perSource = new Map<string, number>();
  let groups = 0;

  const count = (sourceId: string, change: number) => {
    const next = (perSource.get(sourceId) ?? 0) + change;
    if (next === 0) perSource.delete(sourceId);
    else perSource.set(sourceId, next);
  };
  const takeFrom = (lane: SendLane, limit: number): ReadyMessage[] => {
    const list = waiting.get(lane) as ReadyMessage[];
    const taken = list.splice(0, limit);
    for (const message of taken) count(message.dispatch.sourceId, -1);
    return taken;
  };
  const nonEmpty = () => lanes.filter((lane) => (waiting.get(lane)?.length ?? 0) > 0);

  return {
    get size() {
      return [...waiting.values()].reduce((sum, list) => sum + list.length, 0);
    },
    ofSource: (sourceId: string) => perSource.get(sourceId) ?? 0,
    add(messages: readonly ReadyMessage[]) {
      for (const message of messages) {
        waiting.get(message.dispatch.lane)?.push(message);
        count(message.dispatch.sourceId, 1);
      }
    },
    /** The next group of at most `limit`, all of one lane. */
    take(limit: number): ReadyMessage[] {
      const open = nonEmpty();
      groups++;
      const lane = groups % SHARE === 0 ? open.at(-1) : open[0];
      return lane ? takeFrom(lane, limit) : [];
    },
    /** Takes out everything that fits the condition. */
    remove(condition: (message: ReadyMessage) => boolean): ReadyMessage[] {
      const removed: ReadyMessage[] = [];
      for (const [lane, list] of waiting) {
        const kept: ReadyMessage[] = [];
        for (const message of list) {
          if (!condition(message)) kept.push(message);
          else {
            removed.push(message);
            count(message.dispatch.sourceId, -1);
          }
        }
        waiting.set(lane, kept);
      }
      return removed;
    },
  };
};
