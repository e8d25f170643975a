// A state as a word with a dot: the word carries the meaning, the colour only helps to find it.
import type { Word } from "../words.ts";
import css from "./status.module.css";

export interface StatusProps {
  readonly word: Word;
  /** True while something is moving right now. */
  readonly live?: boolean;
}

/** The state of a thing. */
export const Status = ({ word, live = false }: StatusProps) => (
  <span className={css["status"]} data-tone={word.tone} data-live={live || undefined}>
    <span className={css["dot"]} />
    {word.label}
  </span>
);
