// An HTML mail shown where it can do no harm: no scripts, no access to this app, links only in a new tab.
import css from "./mail-frame.module.css";

export interface MailFrameProps {
  readonly title: string;
  readonly html: string;
  readonly height?: number | string;
  /** True: links of the mail open in a new tab; else they are dead. */
  readonly links?: boolean;
  /** True: as a mail program in dark mode would show it; the mail's own dark styles apply. */
  readonly dark?: boolean;
}

// Before the mail's own styles, which go over it.
const night = '<meta name="color-scheme" content="dark"><style>html{background:#16181a;color:#e6e6e6}</style>';

/** A mail's HTML in a sandboxed frame, on white as mail programs show it, or on a dark ground. */
export const MailFrame = ({ title, html, height = 460, links = false, dark = false }: MailFrameProps) => (
  <iframe
    title={title}
    className={css["frame"]}
    data-dark={dark || undefined}
    style={{ height }}
    sandbox={links ? "allow-popups allow-popups-to-escape-sandbox" : ""}
    referrerPolicy="no-referrer"
    srcDoc={`${links ? '<base target="_blank">' : ""}${dark ? night : ""}${html}`}
  />
);
