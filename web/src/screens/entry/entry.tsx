// The frame of the screens before the sign-in: the name, one card, and the choice of colours.
import { Paper, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { ThemeSwitch } from "../../parts/theme-switch.tsx";
import css from "./entry.module.css";

export interface EntryProps {
  /** Names the browser tab. */
  readonly tab: string;
  readonly title: string;
  readonly lead?: ReactNode;
  readonly children: ReactNode;
  readonly below?: ReactNode;
}

/** One card in the middle of the screen. */
export const Entry = ({ tab, title, lead, children, below }: EntryProps) => {
  useEffect(() => {
    document.title = `${tab} · Learning Center`;
  }, [tab]);
  return (
    <main className={css["page"]}>
      <div className={css["box"]}>
        <div className={css["brand"]}>
          <img src="/favicon.svg" width={44} height={44} alt="" />
          <Title order={1}>{title}</Title>
          {lead && <Text c="dimmed">{lead}</Text>}
        </div>
        <Paper className={css["card"]}>{children}</Paper>
        {below && (
          <Text component="div" c="dimmed" fz="sm" ta="center">
            {below}
          </Text>
        )}
      </div>
      <div className={css["theme"]}>
        <ThemeSwitch />
      </div>
    </main>
  );
};
