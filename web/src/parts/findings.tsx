// What the server found in a mail, worst first; each finding leads to its line in the editor.
import type { Finding } from "../../../shared/contracts/templates.ts";
import css from "./findings.module.css";

export interface FindingsProps {
  readonly findings: readonly Finding[];
  /** Shows the place of a finding; without it findings are only listed. */
  readonly onGo?: ((finding: Finding) => void) | undefined;
}

const words = { error: "Must fix", warning: "Look at", info: "Note" } as const;
const parts = { subject: "Subject", html: "Content", mjml: "Content", text: "Text part" } as const;
const placeOf = ({ path, line }: Finding): string => (line === null ? parts[path] : `Line ${line}`);

/** Findings as a list of links to their places. */
export const Findings = ({ findings, onGo }: FindingsProps) => (
  <ul className={css["list"]} aria-label="Findings">
    {findings.map((finding) => {
      const inside = (
        <>
          <span className={css["severity"]}>{words[finding.severity]}</span>
          <span className={`${css["message"]} lc-break`}>{finding.message}</span>
          <span className={css["place"]}>{placeOf(finding)}</span>
        </>
      );
      return (
        <li key={`${finding.path} ${finding.line} ${finding.message}`}>
          {onGo && finding.severity !== "info" ? (
            <button
              type="button"
              className={css["item"]}
              data-severity={finding.severity}
              onClick={() => onGo(finding)}
            >
              {inside}
            </button>
          ) : (
            <div className={css["item"]} data-severity={finding.severity}>
              {inside}
            </div>
          )}
        </li>
      );
    })}
  </ul>
);
