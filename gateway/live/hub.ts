// Which browsers of this process follow which topic. A topic is told at most once a second, the last change always.
// Ids of messages are times, so that a browser that comes back learns only of what changed while it was away.
import type { Clock } from "../../shared/lib/clock.ts";

const leastGapMs = 1_000;
/** Clocks of two replicas differ a little: better to tell twice than not at all. */
const clockSlackMs = 2_000;
const mostRemembered = 5_000;
/** Topics that change all the time: told every second, and only while somebody follows them. */
const moving: ReadonlySet<string> = new Set(["queues"]);

/** Receives topics that changed, with the id to resume from. */
export type Follower = (topic: string, id: number) => void;

interface Following {
  readonly followers: Set<Follower>;
  toldAt: number;
  timer: NodeJS.Timeout | undefined;
  ticker?: NodeJS.Timeout;
}

export interface Hub {
  /** Something about the topic changed. */
  changed(topic: string): void;
  /** From now on nothing is missed; before, something may have been. */
  resumed(): void;
  /** Follows the topics; call the result to stop. `since`: the last id that this follower has seen. */
  follow(topics: readonly string[], follower: Follower, since?: number): () => void;
  /** Hears of every topic that changed, as it was announced; call the result to stop. */
  hear(listener: (topic: string) => void): () => void;
  stop(): void;
}

export const createHub = (clock: Clock): Hub => {
  const followed = new Map<string, Following>();
  const changes = new Map<string, number>();
  const listeners = new Set<(topic: string) => void>();
  let completeSince = Number.POSITIVE_INFINITY;
  const now = () => clock.now().getTime();

  const tell = (topic: string, following: Following) => {
    following.timer = undefined;
    following.toldAt = clock.monotonic();
    const id = now();
    for (const follower of following.followers) follower(topic, id);
  };

  const remember = (topic: string) => {
    changes.delete(topic);
    changes.set(topic, now());
    if (changes.size <= mostRemembered) return;
    const [oldest] = changes;
    if (!oldest) return;
    // What is forgotten may have changed: only later times are answered for.
    changes.delete(oldest[0]);
    completeSince = Math.max(completeSince, oldest[1]);
  };

  const missed = (topic: string, since: number) =>
    since - clockSlackMs < completeSince || (changes.get(topic) ?? 0) > since - clockSlackMs;

  return {
    changed(topic) {
      remember(topic);
      for (const listener of listeners) listener(topic);
      const following = followed.get(topic);
      if (!following || following.timer) return;
      const wait = following.toldAt + leastGapMs - clock.monotonic();
      if (wait <= 0) tell(topic, following);
      else following.timer = setTimeout(() => tell(topic, following), wait);
    },

    resumed() {
      completeSince = now();
      // What happened in between is unknown: everybody looks again.
      for (const [topic, following] of followed) if (!following.timer) tell(topic, following);
    },

    follow(topics, follower, since) {
      for (const topic of topics) {
        const following = followed.get(topic) ?? {
          followers: new Set(),
          toldAt: Number.NEGATIVE_INFINITY,
          timer: undefined,
        };
        following.followers.add(follower);
        if (moving.has(topic)) following.ticker ??= setInterval(() => tell(topic, following), leastGapMs);
        followed.set(topic, following);
        if (since !== undefined && missed(topic, since)) follower(topic, now());
      }
      return () => {
        for (const topic of topics) {
          const following = followed.get(topic);
          following?.followers.delete(follower);
          if (!following || following.followers.size > 0) continue;
          clearTimeout(following.timer);
          clearInterval(following.ticker);
          followed.delete(topic);
        }
      };
    },

    hear(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    stop() {
      for (const { timer, ticker } of followed.values()) {
        clearTimeout(timer);
        clearInterval(ticker);
      }
      followed.clear();
      listeners.clear();
    },
  };
};
