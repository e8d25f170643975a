// Mantine's theme: one accent (pine), warm greys, quiet components. Colours that text stands on come from tokens.css.
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

const pine: MantineColorsTuple = [
  "#eef6f3",
  "#d9ebe5",
  "#b3d7cc",
  "#86cdbb",
  "#58a392",
  "#37887a",
  "#237366",
  "#17594f",
  "#12473f",
  "#0d342e",
];
const gray: MantineColorsTuple = [
  "#f8f8f6",
  "#f1f1ed",
  "#e8e8e4",
  "#dcdcd6",
  "#c6c6bf",
  "#8b8d87",
  "#666964",
  "#4c4e4b",
  "#333533",
  "#1e201f",
];
const dark: MantineColorsTuple = [
  "#e5e8e6",
  "#c2c8c6",
  "#a3aba8",
  "#76807d",
  "#3c4341",
  "#2e3533",
  "#212625",
  "#191d1c",
  "#121514",
  "#0d0f0f",
];

export const theme = createTheme({
  primaryColor: "pine",
  primaryShade: { light: 7, dark: 6 },
  colors: { pine, gray, dark },
  fontFamily: "var(--lc-font)",
  fontFamilyMonospace: "var(--lc-mono)",
  defaultRadius: "md",
  radius: { md: "7px", lg: "10px" },
  cursorType: "pointer",
  focusRing: "auto",
  respectReducedMotion: true,
  headings: {
    fontWeight: "640",
    sizes: {
      h1: { fontSize: "1.625rem", lineHeight: "1.25" },
      h2: { fontSize: "1.125rem", lineHeight: "1.35" },
      h3: { fontSize: "1rem", lineHeight: "1.4" },
      h4: { fontSize: "0.875rem", lineHeight: "1.4" },
    },
  },
  components: {
    Button: { defaultProps: { fw: 500 } },
    TextInput: { defaultProps: { inputWrapperOrder: ["label", "description", "input", "error"] } },
    Textarea: { defaultProps: { inputWrapperOrder: ["label", "description", "input", "error"] } },
    Drawer: { defaultProps: { position: "right", size: "lg", overlayProps: { backgroundOpacity: 0.35 } } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.35 } } },
    Notification: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    Tooltip: { defaultProps: { openDelay: 350, withArrow: false } },
    Menu: { defaultProps: { position: "bottom-end", shadow: "md", width: 220 } },
  },
});

/** Ties Mantine's own variables to the tokens, so that its components stand on the same surfaces and contrasts. */
export const resolver: CSSVariablesResolver = () => {
  const shared = {
    "--mantine-color-body": "var(--lc-surface)",
    "--mantine-color-text": "var(--lc-ink)",
    "--mantine-color-dimmed": "var(--lc-muted)",
    "--mantine-color-placeholder": "var(--lc-muted)",
    "--mantine-color-anchor": "var(--lc-accent)",
    "--mantine-color-error": "var(--lc-bad)",
    "--mantine-color-default-border": "var(--lc-line)",
    "--mantine-color-default-hover": "var(--lc-sunken)",
    "--mantine-color-default": "var(--lc-surface)",
  };
  return { variables: {}, light: shared, dark: shared };
};
