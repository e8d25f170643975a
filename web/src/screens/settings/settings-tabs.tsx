// What all pages of the settings share: the heading, and the row of pages to go to. A new page gets its line in `tabs`.
import type { ReactNode } from "react";
import { PageHead } from "../../parts/page.tsx";
import { type PageTab, PageTabs } from "../../parts/page-tabs.tsx";

const tabs: readonly PageTab[] = [
  { to: "/settings/account", name: "My account" },
  { to: "/settings/sending", name: "Sending" },
  { to: "/settings/users", name: "Team", needs: "users.list" },
  { to: "/settings/tokens", name: "Access tokens" },
  { to: "/settings/audit", name: "Audit log", needs: "audit.list" },
  { to: "/settings/backups", name: "Backups", needs: "backups.list" },
];

export interface SettingsPageProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A page of the settings. */
export const SettingsPage = ({ title, lead, actions, children }: SettingsPageProps) => (
  <>
    <PageTabs label="Settings" tabs={tabs} />
    <PageHead title={title} lead={lead} actions={actions} />
    {children}
  </>
);
