// An HTML mail shown where it can do no harm: no scripts, no access to this app, links only in a new tab.
import css from "./mail-frame.module.css";

export interface MailFrameProps {
  readonly title: string;
  readonly html: string;
  readonly height?: number | string;
  /** True: links of the mail open in a new tab; else they are dead. */
  readonly links?: boolean;
}

/** A mail's HTML in a sandboxed frame, on white as mail programs show it. */
export const MailFrame = ({ title, html, height = 460, links = false }: MailFrameProps) => (
  <iframe
    title={title}
    className={css["frame"]}
    style={{ height }}
    sandbox={links ? "allow-popups allow-popups-to-escape-sandbox" : ""}
    referrerPolicy="no-referrer"
    srcDoc={links ? `<base target="_blank">${html}` : html}
  />
);
