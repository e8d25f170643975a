// A row of pages that belong together, as links; those that the person may not open are left out.
import { Link, type LinkProps, useRouteContext } from "@tanstack/react-router";
import css from "./page-tabs.module.css";

export interface PageTab {
  readonly to: NonNullable<LinkProps["to"]>;
  readonly name: string;
  readonly adminOnly: boolean;
}

export const PageTabs = ({ label, tabs }: { readonly label: string; readonly tabs: readonly PageTab[] }) => {
  const { session } = useRouteContext({ from: "/app" });
  const admin = session.abilities.includes("admin");
  return (
    <nav aria-label={label} className={css["tabs"]}>
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
