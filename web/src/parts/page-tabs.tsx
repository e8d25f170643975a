// A row of pages that belong together, as links; those that the person may not open are left out.
import { Link, type LinkProps } from "@tanstack/react-router";
import type { Act } from "../may.ts";
import { useMay } from "./may.tsx";
import css from "./page-tabs.module.css";

export interface PageTab {
  readonly to: NonNullable<LinkProps["to"]>;
  readonly name: string;
  /** Only for people who may do this. */
  readonly needs?: Act;
}

export const PageTabs = ({ label, tabs }: { readonly label: string; readonly tabs: readonly PageTab[] }) => {
  const may = useMay();
  return (
    <nav aria-label={label} className={css["tabs"]}>
      {tabs
        .filter(({ needs }) => needs === undefined || may(needs))
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
