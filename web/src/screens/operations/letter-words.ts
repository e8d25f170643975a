// Dead letters in words: what became of one, and what it is called.
import type { DeadLetter } from "../../../../shared/contracts/dead-letters.ts";
import type { Word } from "../../words.ts";

export const letterStateWords: Readonly<Record<DeadLetter["state"], Word>> = {
  dead: { label: "waits for you", tone: "bad" },
  replayed: { label: "replayed", tone: "good" },
  dropped: { label: "dropped", tone: "neutral" },
};

/** The event's name, or that it has none. */
export const letterName = ({ type }: Pick<DeadLetter, "type">): string => type ?? "Something unreadable";
