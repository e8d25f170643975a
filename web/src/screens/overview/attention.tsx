// What waits for somebody: campaigns that stopped, messages nobody knows the end of, imports that failed, and what keeps
// every launch from happening. Renders nothing when nothing does.

import { Text } from "@mantine/core";
import { useRouteContext } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { ApiResult } from "../../api.ts";
import { Icon } from "../../parts/icon.tsx";
import { TextLink } from "../../parts/link.tsx";
import { Section } from "../../parts/page.tsx";
import { useRead } from "../../query.ts";
import { counted, reasonWords } from "../../words.ts";
import css from "./overview.module.css";

const recentMs = 7 * 86_400_000;

interface Item {
  readonly key: string;
  readonly what: ReactNode;
  readonly why: string;
}

/** The list. */
export const Attention = ({ attention }: { readonly attention: ApiResult<"overview.show">["attention"] }) => {
  const imports = useRead("imports.list", { limit: 50 });
  const failed = (imports.data?.data ?? []).filter(
    ({ status, createdAt }) => status === "failed" && Date.now() - Date.parse(createdAt) < recentMs,
  );
  const { session } = useRouteContext({ from: "/app" });
  // Whoever sees some communities has no Operations to look them up in.
  const whole = session.communities === null;
  const incidents = useRead("monitors.incidents", { state: "open", limit: 20 }, { every: 30_000, enabled: whole });
  const items: Item[] = [
    ...(incidents.data?.data ?? []).map(({ id, name, sentence }) => ({
      key: id,
      what: (
        <TextLink to="/operations/alerts" fz="sm" fw={500}>
          {name}
        </TextLink>
      ),
      why: sentence,
    })),
    ...attention.problems.map(({ code, message }) => ({
      key: code,
      what:
        code === "SENDER_INCOMPLETE" ? (
          <TextLink to="/settings/sending" fz="sm" fw={500}>
            The sender is not complete
          </TextLink>
        ) : (
          "No campaign can be launched"
        ),
      why: message,
    })),
    ...attention.held.map(({ id, name, reason, unknown }) => ({
      key: id,
      what: (
        <TextLink to="/campaigns/$id" params={{ id }} fz="sm" fw={500} className="lc-break">
          {name}
        </TextLink>
      ),
      why:
        unknown > 0
          ? `Waiting for your release: ${counted(unknown, "message")} may have been sent. Decide what becomes of them.`
          : `Waiting for your release${reason ? `: ${reasonWords(reason)}` : ""}.`,
    })),
    ...(attention.unknownSingles > 0
      ? [
          {
            key: "singles",
            what: "Single messages",
            why: `${counted(attention.unknownSingles, "message")} may have been sent, and nobody knows.`,
          },
        ]
      : []),
    ...failed.map(({ id, fileName, reason }) => ({
      key: id,
      what: (
        <TextLink to="/imports/$id" params={{ id }} fz="sm" fw={500} className="lc-break">
          {fileName}
        </TextLink>
      ),
      why: `The import failed. ${reason ?? ""}`,
    })),
  ];
  if (items.length === 0) return null;
  return (
    <Section title="Needs attention">
      <ul className={`lc-plain-list ${css["attention"]}`}>
        {items.map(({ key, what, why }) => (
          <li key={key}>
            <span className={css["alert"]}>
              <Icon name="alert" size={18} />
            </span>
            <div>
              <Text component="div" fz="sm" fw={500}>
                {what}
              </Text>
              <Text fz="sm" c="dimmed" className="lc-break">
                {why}
              </Text>
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
};
