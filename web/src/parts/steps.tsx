// The steps of a longer task. On narrow screens only the numbers stay, with the current step's name in words.
import { Stepper, Text } from "@mantine/core";
import css from "./steps.module.css";

export interface StepsProps {
  readonly names: readonly string[];
  readonly active: number;
  /** The furthest step that may be opened. */
  readonly reachable: number;
  readonly onStep: (step: number) => void;
}

/** Where one is, and the way back. */
export const Steps = ({ names, active, reachable, onStep }: StepsProps) => (
  <div className={css["steps"]}>
    <Stepper
      active={active}
      onStepClick={onStep}
      size="xs"
      iconSize={28}
      wrap={false}
      classNames={{
        steps: css["row"] ?? "",
        stepBody: css["body"] ?? "",
        stepLabel: css["label"] ?? "",
        content: css["content"] ?? "",
        separator: css["separator"] ?? "",
      }}
    >
      {names.map((name, index) => (
        <Stepper.Step
          key={name}
          label={name}
          aria-current={index === active ? "step" : undefined}
          allowStepSelect={index <= reachable}
          disabled={index > reachable}
        />
      ))}
    </Stepper>
    <Text className={css["now"] ?? ""} fz="sm" c="dimmed">
      Step {active + 1} of {names.length}: <b>{names[active]}</b>
    </Text>
  </div>
);
