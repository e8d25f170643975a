// What a colleague sees: all communities, or the chosen ones. Owners always see all, so for them there is no choice.
import { Checkbox, Radio, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { Role } from "../../../../shared/contracts/role.ts";
import { useRead } from "../../query.ts";
import css from "./settings.module.css";

export interface LimitFieldProps {
  readonly role: Role;
  /** Ids; null: all communities. An empty list is not a choice yet. */
  readonly value: readonly string[] | null;
  readonly onChange: (value: string[] | null) => void;
  readonly error?: string | undefined;
}

/** True while some communities are wanted and none is chosen. */
export const lacksChoice = (role: Role, value: readonly string[] | null): boolean =>
  role !== "owner" && value !== null && value.length === 0;

/** The field; nothing where there is one community only. */
export const LimitField = ({ role, value, onChange, error }: LimitFieldProps) => {
  const communities = useRead("communities.list", { limit: 1000 });
  const [last, setLast] = useState<readonly string[]>(value ?? []);
  const choices = communities.data?.data ?? [];
  if (choices.length < 2 && value === null) return null;
  if (role === "owner")
    return (
      <Text fz="sm" c="dimmed">
        Owners see all communities.
      </Text>
    );
  const choose = (ids: string[]) => {
    setLast(ids);
    onChange(ids);
  };
  return (
    <Stack gap="xs">
      <Radio.Group
        label="Sees"
        description="People, campaigns and messages of other communities are not there for them."
        value={value === null ? "all" : "some"}
        onChange={(kind) => onChange(kind === "all" ? null : [...last])}
        error={error}
      >
        <Stack gap={8} mt={8}>
          <Radio value="all" label="All communities" />
          <Radio value="some" label="Only some communities" />
        </Stack>
      </Radio.Group>
      {value !== null && (
        <Checkbox.Group aria-label="Communities" value={[...value]} onChange={choose}>
          <div className={css["choices"]}>
            {choices.map(({ id, name }) => (
              <Checkbox key={id} value={id} label={<span className="lc-break">{name}</span>} />
            ))}
          </div>
        </Checkbox.Group>
      )}
    </Stack>
  );
};
