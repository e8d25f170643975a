// A button that copies a text, and says so. Where the browser gives no access to the clipboard, it says that instead.
import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { Icon } from "../../parts/icon.tsx";

export interface CopyProps {
  readonly text: string;
  /** What is copied, for screen readers: "the value of SPF". */
  readonly what: string;
}

const shownMs = 2_000;

/** The button. */
export const Copy = ({ text, what }: CopyProps) => {
  const [state, setState] = useState<"ready" | "copied" | "refused">("ready");
  useEffect(() => {
    if (state === "ready") return;
    const timer = setTimeout(() => setState("ready"), shownMs);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState("copied");
    } catch {
      setState("refused");
    }
  };
  const word = { ready: "Copy", copied: "Copied", refused: "Mark and copy" }[state];
  return (
    <Button
      size="compact-xs"
      variant="default"
      leftSection={<Icon name={state === "copied" ? "check" : "copy"} size={13} />}
      aria-label={state === "ready" ? `Copy ${what}` : `${word}: ${what}`}
      onClick={() => void copy()}
    >
      {word}
    </Button>
  );
};
