// Where the messages of a campaign stand: one bar over the whole audience, its parts in the order of a message's life.
import type { MessageState } from "../../../shared/contracts/messages.ts";
import { count, share, stateOrder, stateWords } from "../words.ts";
import css from "./state-bar.module.css";

export type StateCounts = Readonly<Partial<Record<MessageState, number>>>;

/** How many of an audience have an outcome. */
export const settled = (states: StateCounts): number =>
  (["accepted", "delivered", "skipped", "failed", "bounced", "cancelled"] as const).reduce(
    (sum, state) => sum + (states[state] ?? 0),
    0,
  );

/** Order from left to right: what went well first, what waits last. */
const drawn: readonly MessageState[] = [
  "delivered",
  "accepted",
  "bounced",
  "failed",
  "unknown",
  "skipped",
  "cancelled",
  "handing_off",
  "claimed",
  "queued",
];

export interface StateBarProps {
  readonly states: StateCounts;
  readonly recipients: number;
  readonly slim?: boolean;
}

/** Stacked bar of the states; read out as a sentence. */
export const StateBar = ({ states, recipients, slim = false }: StateBarProps) => {
  const spoken = stateOrder
    .filter((state) => (states[state] ?? 0) > 0)
    .map((state) => `${count(states[state] ?? 0)} ${stateWords[state].label}`);
  return (
    <div
      className={css["bar"]}
      data-slim={slim || undefined}
      role="img"
      aria-label={spoken.length > 0 ? spoken.join(", ") : "Nothing yet"}
    >
      {drawn.map((state) => {
        const part = states[state] ?? 0;
        if (part === 0 || recipients === 0) return null;
        return (
          <span
            key={state}
            data-state={state}
            style={{ flexGrow: part }}
            title={`${stateWords[state].label}: ${count(part)} (${share(part, recipients)})`}
          />
        );
      })}
    </div>
  );
};

/** The small square that ties a line of the legend to its part of the bar. */
export const StateKey = ({ state }: { readonly state: MessageState }) => (
  <span className={css["key"]} data-state={state} />
);
