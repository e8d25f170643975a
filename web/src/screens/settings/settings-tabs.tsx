// What all pages of the settings share: the heading, and the row of pages to go to. A new page gets its line in `tabs`.
import type { ReactNode } from "react";
import { PageHead } from "../../parts/page.tsx";
import { type PageTab, PageTabs } from "../../parts/page-tabs.tsx";

const tabs: readonly PageTab[] = [
  { to: "/settings/account", name: "My account", adminOnly: false },
  { to: "/settings/sending", name: "Sending", adminOnly: false },
  { to: "/settings/users", name: "Team", adminOnly: true },
  { to: "/settings/tokens", name: "Access tokens", adminOnly: false },
  { to: "/settings/audit", name: "Audit log", adminOnly: true },
  { to: "/settings/backups", name: "Backups", adminOnly: true },
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
