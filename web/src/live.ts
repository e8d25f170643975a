// One live stream per tab: screens name the topics they show, the stream says which of them changed (at most once a
// second), and what was read about them is read again. While the stream is away, screens poll instead.
import { useEffect, useSyncExternalStore } from "react";
import { apiAddress, apiIsElsewhere } from "./api-address.ts";
import { refreshQuietly } from "./query.ts";

/** What a topic's message makes out of date. */
const touchedBy = (topic: string): string[] => {
  // A campaign began, stopped or ended: what the Overview says of all of them changes with it.
  if (topic === "campaigns") return ["campaigns.list", "overview.show"];
  if (topic.startsWith("campaign")) return ["campaigns.get", "campaigns.stats", "campaigns.messages", "campaigns.list"];
  if (topic === "queues") return ["jobs.queues"];
  if (topic.startsWith("import"))
    return ["imports.get", "imports.list", "imports.errors", "contacts", "segments", "tags"];
  return [];
};

const wanted = new Map<string, number>();
const listeners = new Set<() => void>();
let source: EventSource | undefined;
let openTopics = "";
let connected = false;
let planned: ReturnType<typeof setTimeout> | undefined;

const setConnected = (value: boolean): void => {
  if (connected === value) return;
  connected = value;
  for (const listener of listeners) listener();
};

const onMessage = (event: MessageEvent<string>): void => {
  try {
    const { topic } = JSON.parse(event.data) as { topic?: string };
    if (topic) void refreshQuietly(touchedBy(topic));
  } catch {
    // A message this version does not know; polling keeps the screen right.
  }
};

const connect = (): void => {
  const topics = [...wanted.keys()].sort().join(",");
  if (topics === openTopics && source && source.readyState !== EventSource.CLOSED) return;
  source?.close();
  source = undefined;
  openTopics = topics;
  setConnected(false);
  if (topics === "") return;
  const opened = new EventSource(apiAddress(`/api/v1/live?topics=${encodeURIComponent(topics)}`), {
    withCredentials: apiIsElsewhere,
  });
  source = opened;
  opened.onopen = () => setConnected(true);
  opened.onmessage = onMessage;
  opened.onerror = () => {
    setConnected(false);
    // The browser tries again by itself unless it was refused; then polling carries on alone for half a minute.
    if (opened.readyState === EventSource.CLOSED) planned = setTimeout(connect, 30_000);
  };
};

/** Reconnects once after all screens of this moment have said what they want. */
const plan = (): void => {
  clearTimeout(planned);
  planned = setTimeout(connect, 50);
};

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/**
 * Follows topics such as `campaign:<id>` while a component is shown.
 * Answers true while the stream is open; else the caller polls every 1-2 s.
 */
export const useLive = (...topics: string[]): boolean => {
  const key = topics.join(",");
  useEffect(() => {
    const names = key === "" ? [] : key.split(",");
    for (const name of names) wanted.set(name, (wanted.get(name) ?? 0) + 1);
    plan();
    return () => {
      for (const name of names) {
        const left = (wanted.get(name) ?? 1) - 1;
        if (left > 0) wanted.set(name, left);
        else wanted.delete(name);
      }
      plan();
    };
  }, [key]);
  return useSyncExternalStore(subscribe, () => connected);
};
