// The rules: what each means, what it reads now, and what can be done with it.
import { ActionIcon, Menu, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { Confirm } from "../../../parts/confirm.tsx";
import { Icon } from "../../../parts/icon.tsx";
import { ProblemNote } from "../../../parts/note.tsx";
import { Section } from "../../../parts/page.tsx";
import { Status } from "../../../parts/status.tsx";
import { useWrite } from "../../../query.ts";
import { moment } from "../../../words.ts";
import { type Rule, readingWords, ruleWord } from "./alert-words.ts";
import css from "./alerts.module.css";
import { RuleForm } from "./rule-form.tsx";
import { SilenceForm } from "./silence-form.tsx";

export interface RulesProps {
  readonly rules: readonly Rule[];
  readonly mayAct: boolean;
  /** True: the form of a new rule is open. */
  readonly making: boolean;
  readonly onMade: () => void;
}

/** The list with its dialogs. */
export const Rules = ({ rules, mayAct, making, onMade }: RulesProps) => {
  const [editing, setEditing] = useState<Rule | null>(null);
  const [silencing, setSilencing] = useState<Rule | null>(null);
  const [removing, setRemoving] = useState<Rule | null>(null);
  const touches = ["monitors"];
  const update = useWrite("monitors.update", { touches });
  const silence = useWrite("monitors.silence", { touches, done: () => setSilencing(null) });
  const unsilence = useWrite("monitors.unsilence", { touches });
  const remove = useWrite("monitors.remove", { touches, done: () => setRemoving(null) });
  const test = useWrite("monitors.test", {
    touches,
    done: ({ title }) => notifications.show({ message: `"${title}" is on its way.` }),
  });
  const problem = update.error ?? unsilence.error ?? test.error;
  return (
    <Section title="Rules">
      {problem && <ProblemNote problem={problem} />}
      <ul className={css["list"]}>
        {rules.map((rule) => (
          <li key={rule.id}>
            <span className={css["what"]}>
              <Text fz="sm" fw={500} component="span">
                {rule.name}
              </Text>
              <small>{rule.sentence}</small>
              {rule.silenced && (
                <small>
                  Silent until {moment(rule.silenced.until)}
                  {rule.silenced.reason && `: ${rule.silenced.reason}`}
                </small>
              )}
              {rule.state !== "off" && readingWords(rule) && <small>{readingWords(rule)}</small>}
            </span>
            <span className={css["beside"]}>
              <Status word={ruleWord(rule)} />
              {mayAct && (
                <Menu>
                  <Menu.Target>
                    <ActionIcon variant="subtle" color="gray" aria-label={`What to do with ${rule.name}`}>
                      <Icon name="dots" />
                    </ActionIcon>
                  </Menu.Target>
                  <Menu.Dropdown>
                    <Menu.Item onClick={() => setEditing(rule)}>Change</Menu.Item>
                    {rule.silenced ? (
                      <Menu.Item onClick={() => unsilence.mutate({ id: rule.id })}>End the silence</Menu.Item>
                    ) : (
                      <Menu.Item onClick={() => setSilencing(rule)}>Silence for a while</Menu.Item>
                    )}
                    <Menu.Item onClick={() => update.mutate({ id: rule.id, enabled: !rule.enabled })}>
                      {rule.enabled ? "Switch off" : "Switch on"}
                    </Menu.Item>
                    <Menu.Item onClick={() => test.mutate({ id: rule.id })}>Send a test</Menu.Item>
                    {!rule.builtIn && <Menu.Item onClick={() => setRemoving(rule)}>Delete</Menu.Item>}
                  </Menu.Dropdown>
                </Menu>
              )}
            </span>
          </li>
        ))}
      </ul>
      <RuleForm
        rule={editing}
        opened={editing !== null || making}
        onClose={() => {
          setEditing(null);
          onMade();
        }}
      />
      <SilenceForm
        what={silencing && `“${silencing.name}”`}
        pending={silence.isPending}
        problem={silence.error}
        onSilence={(given) => silencing && silence.mutate({ id: silencing.id, ...given })}
        onClose={() => setSilencing(null)}
      />
      <Confirm
        opened={removing !== null}
        title="Delete this rule?"
        act="Delete"
        danger
        pending={remove.isPending}
        problem={remove.error}
        onConfirm={() => removing && remove.mutate({ id: removing.id })}
        onClose={() => setRemoving(null)}
      >
        <b className="lc-break">{removing?.name}</b> and what it found so far go. What is open of it ends without a
        word.
      </Confirm>
    </Section>
  );
};
