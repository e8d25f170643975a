// What changed between two sources, line by line; long stretches that are the same are folded.
import { VisuallyHidden } from "@mantine/core";
import { diffLines } from "diff";
import css from "./templates.module.css";

export interface DiffViewProps {
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

interface Line {
  readonly kind: "added" | "removed" | "same" | "folded";
  readonly number: string;
  readonly text: string;
}

const around = 3;
/** Looking for the shortest difference of two long unlike texts takes long; then all of it is shown as changed. */
const mostEdits = 4_000;
const signs = { added: "+", removed: "−", same: " ", folded: "⋯" } as const;
const spoken = { added: "added", removed: "removed", same: undefined, folded: undefined } as const;

const linesOf = (text: string): string[] => text.replace(/\n$/, "").split("\n");

const compare = (before: string, after: string): Line[] => {
  const parts = diffLines(before, after, { maxEditLength: mostEdits }) ?? [
    { value: before, removed: true, added: false },
    { value: after, added: true, removed: false },
  ];
  const lines: Line[] = [];
  let number = 0;
  parts.forEach(({ value, added, removed }, index) => {
    if (value === "") return;
    const texts = linesOf(value);
    const shown = (text: string): Line => {
      if (!removed) number += 1;
      return { kind: added ? "added" : removed ? "removed" : "same", number: removed ? "" : String(number), text };
    };
    const head = index === 0 ? 0 : around;
    const tail = index === parts.length - 1 ? 0 : around;
    if (added || removed || texts.length <= head + tail + 1) {
      lines.push(...texts.map(shown));
      return;
    }
    lines.push(...texts.slice(0, head).map(shown));
    const hidden = texts.length - head - tail;
    number += hidden;
    lines.push({ kind: "folded", number: "", text: `${hidden} lines are the same` });
    lines.push(...texts.slice(texts.length - tail).map(shown));
  });
  return lines;
};

/** The lines of two sources as one list: removed, added, and a few around them. */
export const DiffView = ({ label, before, after }: DiffViewProps) => {
  const lines = compare(before, after);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={css["diff"]} aria-label={label} tabIndex={0}>
      <div className={css["diffLines"]}>
        {lines.map((line, index) => (
          <div key={index} className={css["line"]} data-kind={line.kind}>
            <i>{line.number}</i>
            <b>
              <span aria-hidden="true">{signs[line.kind]}</span>
              {spoken[line.kind] && <VisuallyHidden>{spoken[line.kind]}</VisuallyHidden>}
            </b>
            <span>{line.text || " "}</span>
          </div>
        ))}
      </div>
    </section>
  );
};
