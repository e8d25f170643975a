// Source code as one writes it: line numbers, no wrapping, and a jump to a line. The Tab key leaves it, as everywhere.
import { type RefObject, useId, useRef } from "react";
import css from "./source-area.module.css";

export interface SourceAreaProps {
  readonly label: string;
  readonly value: string;
  readonly error?: string | undefined;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly onChange: (value: string) => void;
  readonly onBlur?: (() => void) | undefined;
}

const lineHeight = 20;

/** Puts the cursor at the beginning of a line, selects it and brings it into view. */
export const goToLine = (field: HTMLTextAreaElement | null, line: number): void => {
  if (!field) return;
  const lines = field.value.split("\n");
  const from = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  field.focus({ preventScroll: true });
  field.setSelectionRange(from, from + (lines[line - 1]?.length ?? 0));
  field.scrollTop = Math.max(0, (line - 1) * lineHeight - field.clientHeight / 3);
  field.scrollLeft = 0;
  field.scrollIntoView({ block: "nearest" });
};

/** A text area with line numbers. */
export const SourceArea = ({ label, value, error, field, onChange, onBlur }: SourceAreaProps) => {
  const gutter = useRef<HTMLDivElement>(null);
  const errorId = useId();
  const lines = value.split("\n").length;
  const numbers = Array.from({ length: lines }, (_, index) => index + 1).join("\n");
  return (
    <div>
      <div className={css["area"]} data-invalid={error ? true : undefined}>
        <div
          className={css["gutter"]}
          style={{ width: `calc(${Math.max(2, String(lines).length)}ch + 17px)` }}
          ref={gutter}
          aria-hidden="true"
        >
          <div className={css["lines"]}>{numbers}</div>
        </div>
        <textarea
          ref={field}
          className={css["text"]}
          aria-label={label}
          aria-invalid={error ? true : undefined}
          aria-describedby={error ? errorId : undefined}
          spellCheck={false}
          wrap="off"
          value={value}
          onBlur={onBlur}
          onChange={(event) => onChange(event.currentTarget.value)}
          onScroll={(event) => {
            if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
          }}
        />
      </div>
      {error && (
        <div className={css["error"]} id={errorId} role="alert">
          {error}
        </div>
      )}
    </div>
  );
};
