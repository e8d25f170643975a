// The two routes that all others hang on: the root, and the signed-in app with its shell.
import { createRootRouteWithContext, createRoute, Outlet } from "@tanstack/react-router";
import { Crash, Missing } from "../parts/crash.tsx";
import { Shell } from "../parts/shell.tsx";
import { requireSession } from "../session.ts";

export const root = createRootRouteWithContext<object>()({
  component: Outlet,
  errorComponent: Crash,
  notFoundComponent: Missing,
});

export const app = createRoute({
  getParentRoute: () => root,
  id: "app",
  beforeLoad: async ({ location }) => ({ session: await requireSession(location.href) }),
  component: Shell,
});
