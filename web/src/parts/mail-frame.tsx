// An HTML mail shown where it can do no harm: no scripts, no access to this app, links only in a new tab, and nothing
// loaded from elsewhere until somebody asks for it, because a picture tells its sender that somebody looked.
import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import css from "./mail-frame.module.css";
import { hasRemotePictures } from "./remote-pictures.ts";

export interface MailFrameProps {
  readonly title: string;
  readonly html: string;
  readonly height?: number | string;
  /** True: links of the mail open in a new tab; else they are dead. */
  readonly links?: boolean;
  /** True: as a mail program in dark mode would show it; the mail's own dark styles apply. */
  readonly dark?: boolean;
  /** What is said beside the button that loads pictures. */
  readonly about?: string;
}

// Before the mail's own styles, which go over it.
const night = '<meta name="color-scheme" content="dark"><style>html{background:#16181a;color:#e6e6e6}</style>';

/** The frame's own content policy. It comes first, and what a mail says later can only narrow it. */
const policy = (pictures: boolean) =>
  `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:${pictures ? " https: http:" : ""}">`;

/** A mail's HTML in a sandboxed frame, on white as mail programs show it, or on a dark ground. */
export const MailFrame = ({ title, html, height = 460, links = false, dark = false, about }: MailFrameProps) => {
  const [pictures, setPictures] = useState(false);
  return (
    <Stack gap="xs">
      {!pictures && hasRemotePictures(html) && (
        <Group gap="sm" justify="space-between">
          <Text fz="sm" c="dimmed">
            {about ?? "Pictures from elsewhere are not loaded."}
          </Text>
          <Button variant="default" size="compact-sm" onClick={() => setPictures(true)}>
            Show pictures
          </Button>
        </Group>
      )}
      <iframe
        // A policy that was read stays: another one needs another frame.
        key={String(pictures)}
        title={title}
        className={css["frame"]}
        data-dark={dark || undefined}
        style={{ height }}
        sandbox={links ? "allow-popups allow-popups-to-escape-sandbox" : ""}
        referrerPolicy="no-referrer"
        srcDoc={`${policy(pictures)}${links ? '<base target="_blank">' : ""}${dark ? night : ""}${html}`}
      />
    </Stack>
  );
};
