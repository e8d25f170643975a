// A question before something that cannot be undone. Shows the problem inside the dialog when the act is refused.
import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { Problem } from "../problem.ts";
import { ProblemNote } from "./note.tsx";

export interface ConfirmProps {
  readonly opened: boolean;
  readonly title: string;
  readonly children: ReactNode;
  /** Name of the act on its button. */
  readonly act: string;
  /** Name of the other button. */
  readonly keep?: string;
  readonly danger?: boolean;
  readonly pending: boolean;
  readonly problem?: Problem | null;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before acting; Escape and the other button leave everything as it is. */
export const Confirm = ({
  opened,
  title,
  children,
  act,
  keep = "Leave it",
  danger = false,
  pending,
  problem,
  onConfirm,
  onClose,
}: ConfirmProps) => {
  // What was refused the last time, perhaps about something else, is not said again when it is asked anew.
  const [past, setPast] = useState({ opened, problem: null as Problem | null });
  if (past.opened !== opened) setPast({ opened, problem: problem ?? null });
  const shown = problem === past.problem ? null : problem;
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ "aria-label": "Close" }}>
      <Stack gap="md">
        <Text component="div" fz="sm">
          {children}
        </Text>
        {shown && <ProblemNote problem={shown} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} data-autofocus>
            {keep}
          </Button>
          <Button {...(danger ? { color: "red.8" } : {})} loading={pending} onClick={onConfirm}>
            {act}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
};
