// The pages of the settings.
import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { present, type Raw, text } from "../search-params.ts";
import { app } from "./frame.ts";

const sending = createRoute({
  getParentRoute: () => app,
  path: "/settings/sending",
  component: lazyRouteComponent(() => import("../screens/settings/sending.tsx"), "Sending"),
});
const settings = createRoute({
  getParentRoute: () => app,
  path: "/settings",
  beforeLoad: () => {
    throw redirect({ to: "/settings/account", replace: true });
  },
});
const account = createRoute({
  getParentRoute: () => app,
  path: "/settings/account",
  component: lazyRouteComponent(() => import("../screens/settings/account.tsx"), "Account"),
});
const users = createRoute({
  getParentRoute: () => app,
  path: "/settings/users",
  staticData: { needs: "users.list", back: "/settings/account" },
  component: lazyRouteComponent(() => import("../screens/settings/users.tsx"), "Users"),
});
const tokens = createRoute({
  getParentRoute: () => app,
  path: "/settings/tokens",
  component: lazyRouteComponent(() => import("../screens/settings/tokens.tsx"), "Tokens"),
});
const audit = createRoute({
  getParentRoute: () => app,
  path: "/settings/audit",
  validateSearch: (search: Raw) =>
    present({
      user: text(search["user"]),
      action: text(search["action"]),
      from: text(search["from"]),
      until: text(search["until"]),
    }),
  staticData: { needs: "audit.list", back: "/settings/account" },
  component: lazyRouteComponent(() => import("../screens/settings/audit.tsx"), "Audit"),
});

const backups = createRoute({
  getParentRoute: () => app,
  path: "/settings/backups",
  staticData: { needs: "backups.list", back: "/settings/account" },
  component: lazyRouteComponent(() => import("../screens/settings/backups.tsx"), "Backups"),
});

export const settingsRoutes = [settings, account, sending, users, tokens, audit, backups] as const;
