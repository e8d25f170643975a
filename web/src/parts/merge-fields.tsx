// The picker of merge fields: puts `{{field|default}}` at the cursor.
import { Button, Menu, ScrollArea, TextInput } from "@mantine/core";
import { type RefObject, useState } from "react";
import { useRead } from "../query.ts";
import { Icon } from "./icon.tsx";

export interface MergeFieldsProps {
  /** What the field is put into, for its name. */
  readonly into: string;
  readonly returnTo: RefObject<HTMLElement | null>;
  readonly onPick: (piece: string) => void;
}

const defaults: Readonly<Record<string, string>> = { firstName: "there", orgName: "your team" };

/** A button with the list of all fields that contacts have. */
export const MergeFields = ({ into, onPick, returnTo }: MergeFieldsProps) => {
  const [query, setQuery] = useState("");
  const fields = useRead("contacts.fields", {});
  const all = fields.data?.fields ?? [];
  const found = all.filter((field) => field.toLowerCase().includes(query.trim().toLowerCase()));
  return (
    <Menu width={240} shadow="md" returnFocus={false} onClose={() => setQuery("")}>
      <Menu.Target>
        <Button
          variant="subtle"
          size="compact-xs"
          leftSection={<Icon name="braces" size={14} />}
          aria-label={`Insert a field into the ${into}`}
        >
          Insert a field
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {all.length > 8 && (
          <TextInput
            size="xs"
            mb={4}
            aria-label="Search fields"
            placeholder="Search fields"
            value={query}
            onChange={(event) => setQuery(event.currentTarget.value)}
          />
        )}
        <ScrollArea.Autosize mah={260} type="auto">
          {found.map((field) => (
            <Menu.Item
              key={field}
              onClick={() => {
                const fallback = defaults[field];
                onPick(`{{${field}${fallback === undefined ? "" : `|${fallback}`}}}`);
                returnTo.current?.focus();
              }}
            >
              {field.replace(/^attrs\./, "")}
            </Menu.Item>
          ))}
          {found.length === 0 && <Menu.Label>No such field</Menu.Label>}
        </ScrollArea.Autosize>
      </Menu.Dropdown>
    </Menu>
  );
};
