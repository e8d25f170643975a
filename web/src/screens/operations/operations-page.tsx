// What all pages of the operations room share: the heading, and the row of pages to go to. A new page gets its line in
// `tabs`.
import type { ReactNode } from "react";
import { PageHead } from "../../parts/page.tsx";
import { type PageTab, PageTabs } from "../../parts/page-tabs.tsx";

const tabs: readonly PageTab[] = [
  { to: "/operations/queues", name: "Queues" },
  { to: "/operations/jobs", name: "Jobs" },
  { to: "/operations/failures", name: "Failures" },
  { to: "/operations/dead-letters", name: "Dead letters" },
  { to: "/operations/schedules", name: "Schedules" },
  { to: "/operations/workers", name: "Workers" },
  { to: "/operations/webhooks", name: "Webhooks" },
  { to: "/operations/alerts", name: "Alerts" },
];

export interface OperationsPageProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly above?: ReactNode;
  readonly beside?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A page of the operations room. */
export const OperationsPage = ({ title, lead, above, beside, actions, children }: OperationsPageProps) => (
  <>
    <PageTabs label="Operations" tabs={tabs} />
    <PageHead title={title} lead={lead} above={above} beside={beside} actions={actions} />
    {children}
  </>
);
