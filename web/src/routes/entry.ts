// Before the sign-in: signing in, by password or by link, forgotten passwords and invites.
import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { present, type Raw, text } from "../search-params.ts";
import { readSession } from "../session.ts";
import { root } from "./frame.ts";

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Raw) => present({ next: text(search["next"]) }),
  beforeLoad: async () => {
    if (await readSession().catch(() => null)) throw redirect({ to: "/", replace: true });
  },
  component: lazyRouteComponent(() => import("../screens/entry/sign-in.tsx"), "SignIn"),
});

const forgot = createRoute({
  getParentRoute: () => root,
  path: "/forgot",
  component: lazyRouteComponent(() => import("../screens/entry/forgot.tsx"), "Forgot"),
});
const reset = createRoute({
  getParentRoute: () => root,
  path: "/reset/$token",
  component: lazyRouteComponent(() => import("../screens/entry/reset.tsx"), "Reset"),
});
const acceptInvite = createRoute({
  getParentRoute: () => root,
  path: "/accept-invite/$token",
  component: lazyRouteComponent(() => import("../screens/entry/accept-invite.tsx"), "AcceptInvite"),
});
const signInLink = createRoute({
  getParentRoute: () => root,
  path: "/sign-in/$code",
  component: lazyRouteComponent(() => import("../screens/entry/sign-in-link.tsx"), "SignInLink"),
});

export const entryRoutes = [signIn, signInLink, forgot, reset, acceptInvite] as const;
