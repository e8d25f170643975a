// A search field whose text lives in the URL: typing changes it a moment later, the back button changes the field.
import { CloseButton, TextInput } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { Icon } from "./icon.tsx";

export interface SearchBoxProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}

const settle = 250;

/** Search field; `onChange` comes a quarter of a second after the last key, with undefined when it is empty. */
export const SearchBox = ({ label, placeholder, value, onChange }: SearchBoxProps) => {
  const [text, setText] = useState(value ?? "");
  const sent = useRef(value ?? "");
  const change = useRef(onChange);
  change.current = onChange;
  useEffect(() => {
    if ((value ?? "") === sent.current) return;
    sent.current = value ?? "";
    setText(value ?? "");
  }, [value]);
  useEffect(() => {
    const trimmed = text.trim();
    if (trimmed === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = trimmed;
      change.current(trimmed === "" ? undefined : trimmed);
    }, settle);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={placeholder}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      leftSection={<Icon name="search" size={16} />}
      rightSection={text !== "" && <CloseButton size="sm" aria-label="Clear the search" onClick={() => setText("")} />}
      style={{ flex: "1 1 220px", maxWidth: 360 }}
    />
  );
};
