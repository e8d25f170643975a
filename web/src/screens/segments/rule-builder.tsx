// The nested rule of a segment: groups of all, any or none, with conditions and further groups. Native controls, so that
// every step works by keyboard and on a phone.
import { ActionIcon, Button, NativeSelect, Group as Row, TextInput } from "@mantine/core";
import { Icon } from "../../parts/icon.tsx";
import {
  type Condition,
  fieldName,
  type Group,
  isDate,
  isGroup,
  type Mode,
  type Node,
  needsValue,
  newCondition,
  newGroup,
  opsOf,
  opWords,
} from "./rule.ts";
import css from "./segments.module.css";

interface ConditionProps {
  readonly condition: Condition;
  readonly fields: readonly string[];
  readonly tags: readonly string[];
  readonly onChange: (condition: Condition) => void;
  readonly onRemove: () => void;
}

const ConditionRow = ({ condition, fields, tags, onChange, onRemove }: ConditionProps) => {
  const known = fields.includes(condition.field) ? fields : [...fields, condition.field];
  const ops = opsOf(condition.field);
  const what = fieldName(condition.field);
  return (
    <div className={css["condition"]}>
      <NativeSelect
        aria-label="Field"
        value={condition.field}
        onChange={(event) => {
          const field = event.currentTarget.value;
          onChange({ ...condition, field, op: opsOf(field)[0] ?? "eq", value: "" });
        }}
      >
        {known.map((field) => (
          <option key={field} value={field}>
            {fieldName(field)}
          </option>
        ))}
      </NativeSelect>
      <NativeSelect
        aria-label={`Comparison for ${what}`}
        value={condition.op}
        onChange={(event) => onChange({ ...condition, op: event.currentTarget.value })}
      >
        {(ops.includes(condition.op) ? ops : [...ops, condition.op]).map((op) => (
          <option key={op} value={op}>
            {opWords[op] ?? op}
          </option>
        ))}
      </NativeSelect>
      {needsValue(condition.op) ? (
        <TextInput
          aria-label={`Value for ${what}`}
          type={isDate(condition.field) ? "date" : "text"}
          placeholder={condition.op === "in" ? "one, two, three" : ""}
          list={condition.field === "tags" ? "segment-tags" : undefined}
          value={condition.value}
          onChange={(event) => onChange({ ...condition, value: event.currentTarget.value })}
        />
      ) : (
        <span />
      )}
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={`Remove the condition on ${what}`}
        onClick={onRemove}
      >
        <Icon name="close" size={16} />
      </ActionIcon>
      {condition.field === "tags" && (
        <datalist id="segment-tags">
          {tags.map((tag) => (
            <option key={tag} value={tag} />
          ))}
        </datalist>
      )}
    </div>
  );
};

export interface RuleBuilderProps {
  readonly group: Group;
  readonly fields: readonly string[];
  readonly tags: readonly string[];
  readonly onChange: (group: Group) => void;
  readonly onRemove?: () => void;
  readonly depth?: number;
}

const joins: Readonly<Record<Mode, string>> = { all: "and", any: "or", none: "nor" };
const deepest = 4;

/** A group of the rule with everything inside it. */
export const RuleBuilder = ({ group, fields, tags, onChange, onRemove, depth = 0 }: RuleBuilderProps) => {
  const replace = (index: number, node: Node) =>
    onChange({ ...group, rules: group.rules.map((old, at) => (at === index ? node : old)) });
  const remove = (index: number) => onChange({ ...group, rules: group.rules.filter((_, at) => at !== index) });
  const add = (node: Node) => onChange({ ...group, rules: [...group.rules, node] });
  return (
    <fieldset className={css["group"]} data-depth={depth}>
      <legend className={css["legend"]}>{depth === 0 ? "Contacts for whom" : "Group"}</legend>
      <Row gap="xs" mb="xs">
        <NativeSelect
          aria-label="How the conditions combine"
          value={group.mode}
          onChange={(event) => onChange({ ...group, mode: event.currentTarget.value as Mode })}
        >
          <option value="all">all of these hold</option>
          <option value="any">any of these holds</option>
          <option value="none">none of these holds</option>
        </NativeSelect>
        {onRemove && (
          <Button variant="subtle" color="gray" size="compact-sm" onClick={onRemove}>
            Remove the group
          </Button>
        )}
      </Row>
      <div className={css["rules"]}>
        {group.rules.map((node, index) => (
          <div key={node.key} className={css["rule"]}>
            {index > 0 && <span className={css["join"]}>{joins[group.mode]}</span>}
            {isGroup(node) ? (
              <RuleBuilder
                group={node}
                fields={fields}
                tags={tags}
                depth={depth + 1}
                onChange={(changed) => replace(index, changed)}
                onRemove={() => remove(index)}
              />
            ) : (
              <ConditionRow
                condition={node}
                fields={fields}
                tags={tags}
                onChange={(changed) => replace(index, changed)}
                onRemove={() => remove(index)}
              />
            )}
          </div>
        ))}
      </div>
      <Row gap="xs" mt="sm">
        <Button
          variant="default"
          size="compact-sm"
          leftSection={<Icon name="plus" size={15} />}
          onClick={() => add(newCondition())}
        >
          Condition
        </Button>
        {depth < deepest && (
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<Icon name="plus" size={15} />}
            onClick={() => add(newGroup())}
          >
            Group
          </Button>
        )}
      </Row>
    </fieldset>
  );
};
