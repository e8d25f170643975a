// The recovery codes, shown this once: to copy, to save as a file, and to be kept before one goes on.
import { Button, Checkbox, Group, Stack } from "@mantine/core";
import { useState } from "react";
import { Icon } from "../../parts/icon.tsx";
import { Note } from "../../parts/note.tsx";
import { CopyButton } from "./copy-button.tsx";
import css from "./second-factor.module.css";

const asFile = (codes: readonly string[]) =>
  `data:text/plain;charset=utf-8,${encodeURIComponent(
    `Recovery codes for the Learning Center. Each works once.\n\n${codes.join("\n")}\n`,
  )}`;

export interface RecoveryCodesProps {
  readonly title: string;
  readonly codes: readonly string[];
  readonly act: string;
  readonly onDone: () => void;
}

/** The ten codes; going on takes a word that they are kept. */
export const RecoveryCodes = ({ title, codes, act, onDone }: RecoveryCodesProps) => {
  const [kept, setKept] = useState(false);
  return (
    <Stack gap="md">
      <Note tone="good" role="status" title={title}>
        Keep these recovery codes where you find them without your phone: on paper, or in a password manager. Each lets
        you sign in once when the app is gone. They are not shown again.
      </Note>
      <ul className={css["codes"]} aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <Group gap="xs">
        <CopyButton text={codes.join("\n")} name="Copy all" />
        <Button
          component="a"
          href={asFile(codes)}
          download="learning-center-recovery-codes.txt"
          variant="default"
          size="compact-sm"
          leftSection={<Icon name="download" size={15} />}
        >
          Save as a file
        </Button>
      </Group>
      <Checkbox label="I have kept them" checked={kept} onChange={(event) => setKept(event.currentTarget.checked)} />
      <Button disabled={!kept} onClick={onDone} fullWidth>
        {act}
      </Button>
    </Stack>
  );
};
