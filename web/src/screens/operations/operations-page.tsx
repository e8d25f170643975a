// What all pages of the operations room share: the heading, and the row of pages to go to. A new page gets its line in
// `tabs`.
import type { ReactNode } from "react";
import { PageHead } from "../../parts/page.tsx";
import { type PageTab, PageTabs } from "../../parts/page-tabs.tsx";

const tabs: readonly PageTab[] = [
  { to: "/operations/queues", name: "Queues", adminOnly: false },
  { to: "/operations/alerts", name: "Alerts", adminOnly: false },
];

export interface OperationsPageProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A page of the operations room. */
export const OperationsPage = ({ title, lead, actions, children }: OperationsPageProps) => (
  <>
    <PageTabs label="Operations" tabs={tabs} />
    <PageHead title={title} lead={lead} actions={actions} />
    {children}
  </>
);
