// Messages inside a page: what failed with its request id and a way to try again, hints, and lists with nothing in them.
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import type { Problem } from "../problem.ts";
import { Icon, type IconName } from "./icon.tsx";
import css from "./note.module.css";

export interface NoteProps {
  readonly tone: "info" | "warn" | "bad" | "good";
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
  readonly role?: "alert" | "status";
}

const icons: Record<NoteProps["tone"], IconName> = { info: "bolt", warn: "alert", bad: "alert", good: "check" };

/** A notice in the flow of the page. */
export const Note = ({ tone, title, children, actions, role }: NoteProps) => (
  <div className={css["note"]} data-tone={tone} role={role}>
    <span className={css["icon"]}>
      <Icon name={icons[tone]} size={18} />
    </span>
    <div className={css["body"]}>
      <Text component="div" fw={600} fz="sm">
        {title}
      </Text>
      {children && (
        <Text component="div" fz="sm" className="lc-break">
          {children}
        </Text>
      )}
      {actions && (
        <Group gap="xs" mt={6}>
          {actions}
        </Group>
      )}
    </div>
  </div>
);

export interface ProblemNoteProps {
  readonly problem: Problem;
  readonly retry?: (() => void) | undefined;
}

/** What failed, why, the id to ask about, and a way to try again, unless one may not: that stays so. */
export const ProblemNote = ({ problem, retry }: ProblemNoteProps) => (
  <Note
    tone="bad"
    role="alert"
    title={problem.title}
    actions={
      retry &&
      problem.status !== 403 && (
        <Button size="compact-sm" variant="default" leftSection={<Icon name="refresh" size={15} />} onClick={retry}>
          Try again
        </Button>
      )
    }
  >
    {problem.detail}
    {problem.errors.length > 0 && (
      <ul className={css["errors"]}>
        {problem.errors.map((error) => (
          <li key={`${error.path} ${error.message}`}>
            <span className="lc-mono">{error.path}</span> {error.message}
          </li>
        ))}
      </ul>
    )}
    {problem.requestId && (
      <span className={css["request"]}>
        Request <span className="lc-mono">{problem.requestId}</span>
      </span>
    )}
  </Note>
);

export interface EmptyProps {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}

/** A list with nothing in it: says what would be here, and offers the first step. */
export const Empty = ({ icon, title, children, actions }: EmptyProps) => (
  <Stack className={css["empty"]} align="center" gap={8}>
    <span className={css["emptyIcon"]}>
      <Icon name={icon} size={24} />
    </span>
    <Title order={2} size="h3" ta="center">
      {title}
    </Title>
    {children && (
      <Text c="dimmed" ta="center" maw="46ch" fz="sm">
        {children}
      </Text>
    )}
    {actions && (
      <Group gap="xs" mt={8} justify="center">
        {actions}
      </Group>
    )}
  </Stack>
);
