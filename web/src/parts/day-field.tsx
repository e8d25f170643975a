// A day among the filters of a list, its name inside the field so that all filters stand in one line.
import { TextInput } from "@mantine/core";

export interface DayFieldProps {
  readonly label: string;
  /** As `2026-11-30`. */
  readonly value: string | undefined;
  readonly min?: string | undefined;
  readonly max?: string | undefined;
  readonly onChange: (day: string | undefined) => void;
}

/** Field for a day; `onChange` comes with undefined when it is emptied. */
export const DayField = ({ label, value, min, max, onChange }: DayFieldProps) => (
  <TextInput
    type="date"
    miw={190}
    aria-label={label}
    leftSection={label}
    leftSectionWidth={56}
    leftSectionProps={{ style: { fontSize: "0.8125rem" } }}
    value={value ?? ""}
    min={min}
    max={max}
    onChange={(event) => onChange(event.currentTarget.value || undefined)}
  />
);
