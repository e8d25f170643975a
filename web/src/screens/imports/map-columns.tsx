// Which column becomes which field; usual names are recognised. What has no field becomes one of its own, or stays out.
import { NativeSelect, Stack, Text } from "@mantine/core";
import { Note } from "../../parts/note.tsx";
import { useRead } from "../../query.ts";
import { fieldName } from "../segments/rule.ts";
import { type Mapping, ownField, targets } from "./check-row.ts";
import css from "./imports.module.css";
import type { Source } from "./new-import.tsx";

export interface MapColumnsProps {
  readonly source: Source;
  readonly mapping: Mapping;
  readonly onChange: (mapping: Mapping) => void;
}

/** One line a column. */
export const MapColumns = ({ source, mapping, onChange }: MapColumnsProps) => {
  const fields = useRead("contacts.fields", {});
  const attrs = (fields.data?.fields ?? []).filter((field) => field.startsWith("attrs."));
  const recognised = Object.values(mapping).some((target) => ["email", "phone", "externalId"].includes(target));
  const uses = (target: string) =>
    Object.entries(mapping).filter(([header, used]) => used === target && source.headers.includes(header)).length;
  return (
    <Stack gap="md">
      {!recognised && (
        <Note tone="warn" title="Say which column holds the email, the phone or an external id">
          By one of them a contact is recognised when it comes again.
        </Note>
      )}
      <ul className={`lc-plain-list ${css["columns"]}`}>
        {source.headers.map((header, index) => {
          const target = mapping[header] ?? "";
          const own = ownField(header);
          const choices = [...new Set([own, ...attrs, ...(target.startsWith("attrs.") ? [target] : [])])];
          const example = source.sample
            .map((row) => row[index] ?? "")
            .filter((cell) => cell.trim() !== "")
            .slice(0, 3);
          return (
            // Headers may repeat.
            <li key={`${index} ${header}`}>
              <div>
                <Text fw={500} fz="sm" className="lc-break">
                  {header || `column ${index + 1}`}
                </Text>
                <Text fz="sm" c="dimmed" className="lc-clip">
                  {example.join(", ") || "empty in the first rows"}
                </Text>
              </div>
              <NativeSelect
                aria-label={`Field for the column ${header}`}
                value={target}
                error={
                  target !== "" && !target.startsWith("attrs.") && target !== "tags" && uses(target) > 1
                    ? "Another column has this field"
                    : undefined
                }
                onChange={(event) => onChange({ ...mapping, [header]: event.currentTarget.value })}
              >
                <option value="">Leave it out</option>
                <optgroup label="Fields">
                  {targets.map((choice) => (
                    <option key={choice.value} value={choice.value}>
                      {choice.label}
                    </option>
                  ))}
                </optgroup>
                <optgroup label="Fields of your own">
                  {choices.map((choice) => (
                    <option key={choice} value={choice}>
                      {fieldName(choice)}
                    </option>
                  ))}
                </optgroup>
              </NativeSelect>
            </li>
          );
        })}
      </ul>
    </Stack>
  );
};
