// Text of a machine, line by line: scrolls by itself when it is long, also by keyboard.
import css from "./jobs.module.css";

/** The text under a name for screen readers. */
export const CodeBlock = ({ label, text }: { readonly label: string; readonly text: string }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
  <section className={css["code"]} aria-label={label} tabIndex={0}>
    {text}
  </section>
);
