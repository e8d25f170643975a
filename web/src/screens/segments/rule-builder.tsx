// The nested rule of a segment: groups of all, any or none, with conditions and further groups. Native controls, so that
// every step works by keyboard and on a phone: adding, moving up and down, removing.
import { ActionIcon, Button, NativeSelect, Group as Row } from "@mantine/core";
import type { FieldError } from "../../../../shared/contracts/errors.ts";
import { Icon } from "../../parts/icon.tsx";
import { ConditionRow } from "./condition-row.tsx";
import { fieldName, type Group, isGroup, type Mode, moved, type Node, newCondition, newGroup } from "./rule.ts";
import css from "./segments.module.css";

export interface RuleBuilderProps {
  readonly group: Group;
  readonly fields: readonly string[];
  /** What the API says about places of the rule. */
  readonly problems: readonly FieldError[];
  readonly onChange: (group: Group) => void;
}

const joins: Readonly<Record<Mode, string>> = { all: "and", any: "or", none: "nor" };
const deepest = 4;

/** Puts the focus on an element once it is on the page. */
const focusSoon = (id: string) => requestAnimationFrame(() => document.getElementById(id)?.focus());

interface ButtonsProps {
  readonly node: Node;
  readonly name: string;
  readonly first: boolean;
  readonly last: boolean;
  readonly onMove: (by: -1 | 1) => void;
  readonly onRemove: () => void;
}

const Buttons = ({ node, name, first, last, onMove, onRemove }: ButtonsProps) => {
  const move = (by: -1 | 1) => {
    onMove(by);
    // Where it cannot go further, the other direction takes the focus.
    focusSoon(`move-${by}-${node.key}`);
  };
  return (
    <span className={css["buttons"]}>
      {([-1, 1] as const).map((by) => (
        <ActionIcon
          key={by}
          id={`move-${by}-${node.key}`}
          variant="subtle"
          color="gray"
          aria-label={`Move ${name} ${by < 0 ? "up" : "down"}`}
          // Not `disabled`: that would take the focus away in the middle of moving.
          aria-disabled={by < 0 ? first : last}
          data-edge={by < 0 ? first : last}
          onClick={() => {
            if (by < 0 ? !first : !last) move(by);
          }}
        >
          <Icon name={by < 0 ? "up" : "down"} size={16} />
        </ActionIcon>
      ))}
      <ActionIcon variant="subtle" color="gray" aria-label={`Remove ${name}`} onClick={onRemove}>
        <Icon name="close" size={16} />
      </ActionIcon>
    </span>
  );
};

interface GroupProps extends RuleBuilderProps {
  readonly path: string;
  readonly depth: number;
  readonly buttons?: React.ReactNode;
}

const GroupBox = ({ group, fields, problems, onChange, path, depth, buttons }: GroupProps) => {
  const replace = (index: number, node: Node) =>
    onChange({ ...group, rules: group.rules.map((old, at) => (at === index ? node : old)) });
  const remove = (index: number) => onChange({ ...group, rules: group.rules.filter((_, at) => at !== index) });
  const add = (node: Node) => {
    onChange({ ...group, rules: [...group.rules, node] });
    focusSoon(isGroup(node) ? `mode-${node.key}` : `field-${node.key}`);
  };
  const here = problems.find((problem) => problem.path === path || problem.path === `${path}.${group.mode}`);
  return (
    <fieldset className={css["group"]} data-depth={depth}>
      <legend className={css["legend"]}>{depth === 0 ? "Contacts for whom" : "Group"}</legend>
      <Row gap="xs" mb="xs" justify="space-between" wrap="nowrap">
        <NativeSelect
          id={`mode-${group.key}`}
          aria-label="How the conditions combine"
          value={group.mode}
          onChange={(event) => onChange({ ...group, mode: event.currentTarget.value as Mode })}
        >
          <option value="all">all of these hold</option>
          <option value="any">any of these holds</option>
          <option value="none">none of these holds</option>
        </NativeSelect>
        {buttons}
      </Row>
      <div className={css["rules"]}>
        {group.rules.map((node, index) => {
          const at = `${path}.${group.mode}.${index}`;
          const name = isGroup(node) ? "the group" : `the condition on ${fieldName(node.field)}`;
          const own = (
            <Buttons
              node={node}
              name={name}
              first={index === 0}
              last={index === group.rules.length - 1}
              onMove={(by) => onChange(moved(group, index, by))}
              onRemove={() => remove(index)}
            />
          );
          return (
            <div key={node.key} className={css["rule"]}>
              {index > 0 && <span className={css["join"]}>{joins[group.mode]}</span>}
              {isGroup(node) ? (
                <GroupBox
                  group={node}
                  fields={fields}
                  problems={problems}
                  path={at}
                  depth={depth + 1}
                  buttons={own}
                  onChange={(changed) => replace(index, changed)}
                />
              ) : (
                <ConditionRow
                  condition={node}
                  fields={fields}
                  problem={
                    problems.find((problem) => problem.path === at || problem.path.startsWith(`${at}.`))?.message
                  }
                  onChange={(changed) => replace(index, changed)}
                >
                  {own}
                </ConditionRow>
              )}
            </div>
          );
        })}
        {group.rules.length === 0 && (
          <p className={css["problem"]}>This group needs a condition; add one or remove it.</p>
        )}
        {here && group.rules.length > 0 && <p className={css["problem"]}>{here.message}</p>}
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

/** The rule with everything inside it. */
export const RuleBuilder = (props: RuleBuilderProps) => <GroupBox {...props} path="rule" depth={0} />;
