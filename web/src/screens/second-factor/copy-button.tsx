// A button that copies a text, and a word where the browser does not let us.
import { Button } from "@mantine/core";
import { useState } from "react";
import { Icon } from "../../parts/icon.tsx";

/** Copies when pressed; its own words say whether it worked. */
export const CopyButton = ({ text, name }: { readonly text: string; readonly name: string }) => {
  const [copied, setCopied] = useState<"yes" | "no" | null>(null);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied("yes"),
      () => setCopied("no"),
    );
  return (
    <Button
      variant="default"
      size="compact-sm"
      leftSection={<Icon name={copied === "yes" ? "check" : "copy"} size={15} />}
      onClick={() => void copy()}
    >
      {copied === "yes" ? "Copied" : copied === "no" ? "Mark it and copy it yourself" : name}
    </Button>
  );
};
