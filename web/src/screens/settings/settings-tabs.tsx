// What all pages of the settings share: the heading, and the row of pages to go to. A new page gets its line in `tabs`.
import { Link, useRouteContext } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { PageHead } from "../../parts/page.tsx";
import css from "./settings.module.css";

const tabs = [
  { to: "/settings/account", name: "My account", adminOnly: false },
  { to: "/settings/sending", name: "Sending", adminOnly: false },
  { to: "/settings/users", name: "Team", adminOnly: true },
  { to: "/settings/tokens", name: "Access tokens", adminOnly: false },
  { to: "/settings/audit", name: "Audit log", adminOnly: true },
] as const;

/** The row of pages; those that the person may not open are left out. */
export const SettingsTabs = () => {
  const { session } = useRouteContext({ from: "/app" });
  const admin = session.abilities.includes("admin");
  return (
    <nav aria-label="Settings" className={css["tabs"]}>
      {tabs
        .filter((tab) => admin || !tab.adminOnly)
        .map((tab) => (
          <Link
            key={tab.to}
            to={tab.to}
            className={css["tab"]}
            activeOptions={{ includeSearch: false }}
            activeProps={{ "aria-current": "page" }}
          >
            {tab.name}
          </Link>
        ))}
    </nav>
  );
};

export interface SettingsPageProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A page of the settings. */
export const SettingsPage = ({ title, lead, actions, children }: SettingsPageProps) => (
  <>
    <SettingsTabs />
    <PageHead title={title} lead={lead} actions={actions} />
    {children}
  </>
);
