// The app's icons: one stroke, one size, drawn for it. Decorative: the name beside an icon is what is read out.
const paths = {
  overview: "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z",
  contacts:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20c0-3.3 2.7-5.5 6-5.5s6 2.2 6 5.5M16 4.3a3.5 3.5 0 0 1 0 6.4M17.5 14.8c2.1.7 3.5 2.6 3.5 5.2",
  segments: "M4 5h16l-6.2 7.5V19l-3.6-2v-4.5z",
  imports: "M12 4v10m0 0 4-4m-4 4-4-4M4 16v2.5A1.5 1.5 0 0 0 5.5 20h13a1.5 1.5 0 0 0 1.5-1.5V16",
  suppressions: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM5.7 5.7l12.6 12.6",
  campaigns: "M4 10v4h3l8 4.5v-13L7 10zM18.5 9a4.2 4.2 0 0 1 0 6M7 14l1.2 5.5h2.6L10 15.7",
  messages: "M4 5h16v11H9.5L5.5 19.5V16H4zM8 9h8M8 12.2h5",
  templates: "M5 4h14v16H5zM5 9h14M10 9v11",
  mailbox: "M3.5 6h17v12h-17zM4 6.5l8 6.5 8-6.5",
  operations: "M3.5 12h4l2.5-7 4 14 2.5-7h4",
  settings:
    "M4 7h9M17 7h3M15 9.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM4 17h3M11 17h9M9 19.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 20 20",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
  auto: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 3v18M12 7.5h6.5M12 12h9M12 16.5h6.5",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c0-3.7 3.3-6 7.5-6s7.5 2.3 7.5 6",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6 6 18",
  check: "M5 12.5 9.5 17 19 7.5",
  dots: "M6 12h.01M12 12h.01M18 12h.01",
  back: "M14.5 6 8.5 12l6 6",
  next: "M9.5 6l6 6-6 6",
  up: "M6 14.5l6-6 6 6",
  down: "M6 9.5l6 6 6-6",
  alert: "M12 9v4.5M12 17h.01M12 3.5 21 19.5H3z",
  refresh: "M19.5 12a7.5 7.5 0 1 1-2.2-5.3M19.5 4v4h-4",
  pause: "M8.5 5.5v13M15.5 5.5v13",
  play: "M7.5 5 18 12 7.5 19z",
  stop: "M6.5 6.5h11v11h-11z",
  file: "M6 3.5h8l4.5 4.5v12.5H6zM14 3.5V8h4.5",
  download: "M12 4v11m0 0 4-4m-4 4-4-4M5 20h14",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.2 10.5v5.5M13.8 10.5v5.5",
  edit: "M4.5 19.5l.9-4L16.1 4.8a1.6 1.6 0 0 1 2.3 0l.8.8a1.6 1.6 0 0 1 0 2.3L8.5 18.6z",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5.5l3.5 2",
  braces:
    "M9 4.5c-2.5 0-2.5 1.5-2.5 3.5S6.5 12 4.5 12c2 0 2 2 2 4s0 3.5 2.5 3.5M15 4.5c2.5 0 2.5 1.5 2.5 3.5s0 4 2 4c-2 0-2 2-2 4s0 3.5-2.5 3.5",
  bolt: "M13 3 5.5 13.5H12L11 21l7.5-10.5H12z",
  copy: "M9 9h10.5v10.5H9zM5 15H4.5V4.5H15V5",
} as const;

export type IconName = keyof typeof paths;

export interface IconProps {
  readonly name: IconName;
  readonly size?: number;
}

/** An icon in the colour of the text around it. */
export const Icon = ({ name, size = 18 }: IconProps) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    strokeWidth={name === "dots" ? 2.6 : 1.7}
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    <path d={paths[name]} />
  </svg>
);
