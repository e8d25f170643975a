// One condition of a rule: a field, a comparison, and a value with suggestions from the contacts that are there.
import { NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type ReactNode, useId } from "react";
import { useRead } from "../../query.ts";
import {
  type Condition,
  choicesOf,
  complaint,
  fieldName,
  isDate,
  isDays,
  isNumber,
  needsValue,
  opsOf,
  opWord,
} from "./rule.ts";
import css from "./segments.module.css";

interface ValueProps {
  readonly condition: Condition;
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
}

const suggests = (field: string, op: string) =>
  !isDate(field) && !isNumber(field, op) && field !== "email" && field !== "phone" && field !== "communityId";

/** Text with suggestions; in a list they are for its last part. */
const SuggestedText = ({ condition, error, onChange }: ValueProps) => {
  const { field, op, value } = condition;
  const id = useId();
  const cut = op === "in" ? value.lastIndexOf(",") + 1 : 0;
  const before = value.slice(0, cut);
  const [typed] = useDebouncedValue(value.slice(cut).trim(), 250);
  const values = useRead(
    "contacts.values",
    { field, q: typed, limit: 20 },
    { enabled: suggests(field, op), keep: true },
  );
  return (
    <>
      <TextInput
        aria-label={`Value for ${fieldName(field)}`}
        placeholder={op === "in" ? "one, two, three" : "value"}
        list={suggests(field, op) ? id : undefined}
        inputMode={isNumber(field, op) ? "decimal" : undefined}
        value={value}
        error={error}
        onChange={(event) => onChange(event.currentTarget.value)}
        rightSection={isDays(op) ? <span className={css["unit"]}>days</span> : undefined}
        rightSectionWidth={isDays(op) ? 48 : undefined}
      />
      <datalist id={id}>
        {values.data?.values.map((one) => (
          <option key={one} value={`${before}${before === "" ? "" : " "}${one}`} />
        ))}
      </datalist>
    </>
  );
};

const Value = (props: ValueProps) => {
  const { condition, error, onChange } = props;
  const { field, op, value } = condition;
  const choices = op === "in" ? undefined : choicesOf[field];
  if (choices)
    return (
      <NativeSelect
        aria-label={`Value for ${fieldName(field)}`}
        value={value}
        error={error}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        <option value="">Choose one</option>
        {(choices.includes(value) || value === "" ? choices : [...choices, value]).map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </NativeSelect>
    );
  // A moment to the second, which the API may have been given, is shown as it is.
  if (isDate(field) && !isDays(op) && /^(\d{4}-\d{2}-\d{2})?$/.test(value))
    return (
      <TextInput
        type="date"
        aria-label={`Value for ${fieldName(field)}`}
        value={value}
        error={error}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  return <SuggestedText {...props} />;
};

const groups = (fields: readonly string[]): readonly (readonly [string, readonly string[]])[] => {
  const activity = fields.filter((field) => /^(email\.)?last/.test(field) && isDate(field));
  const own = fields.filter((field) => field.startsWith("attrs."));
  const others = fields.filter((field) => !activity.includes(field) && !own.includes(field));
  return [
    ["Contact", others],
    ["What they did", activity],
    ["Your own fields", own],
  ];
};

export interface ConditionRowProps {
  readonly condition: Condition;
  readonly fields: readonly string[];
  /** What the API says about this condition. */
  readonly problem: string | undefined;
  readonly onChange: (condition: Condition) => void;
  /** Buttons that move and remove the condition. */
  readonly children: ReactNode;
}

/** One condition. */
export const ConditionRow = ({ condition, fields, problem, onChange, children }: ConditionRowProps) => {
  const known = fields.includes(condition.field) ? fields : [...fields, condition.field];
  const ops = opsOf(condition.field);
  const wrong = complaint(condition);
  const error = wrong ? `Expected ${wrong}` : problem;
  return (
    <div className={css["condition"]}>
      <NativeSelect
        id={`field-${condition.key}`}
        aria-label="Field"
        value={condition.field}
        onChange={(event) => {
          const field = event.currentTarget.value;
          onChange({ ...condition, field, op: opsOf(field)[0] ?? "eq", value: "" });
        }}
      >
        {groups(known).map(([name, inGroup]) =>
          inGroup.length === 0 ? null : (
            <optgroup key={name} label={name}>
              {inGroup.map((field) => (
                <option key={field} value={field}>
                  {fieldName(field)}
                </option>
              ))}
            </optgroup>
          ),
        )}
      </NativeSelect>
      <NativeSelect
        aria-label={`Comparison for ${fieldName(condition.field)}`}
        value={condition.op}
        onChange={(event) => {
          const op = event.currentTarget.value;
          // Days and dates do not stand for each other.
          onChange({ ...condition, op, value: isDays(op) === isDays(condition.op) ? condition.value : "" });
        }}
      >
        {(ops.includes(condition.op) ? ops : [...ops, condition.op]).map((op) => (
          <option key={op} value={op}>
            {opWord(condition.field, op)}
          </option>
        ))}
      </NativeSelect>
      {needsValue(condition.op) ? (
        <Value condition={condition} error={error} onChange={(value) => onChange({ ...condition, value })} />
      ) : (
        <span className={css["problem"]}>{error}</span>
      )}
      {children}
    </div>
  );
};
