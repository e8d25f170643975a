// The pages of the operations room. A new page gets its route here and its line in screens/operations/operations-page.tsx.
import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { app } from "./frame.ts";

const operations = createRoute({
  getParentRoute: () => app,
  path: "/operations",
  beforeLoad: () => {
    throw redirect({ to: "/operations/queues", replace: true });
  },
});
/** Where the dashboard of Laravel's queues used to be. */
const horizon = createRoute({
  getParentRoute: () => app,
  path: "/horizon",
  beforeLoad: () => {
    throw redirect({ to: "/operations/queues", replace: true });
  },
});
const queues = createRoute({
  getParentRoute: () => app,
  path: "/operations/queues",
  component: lazyRouteComponent(() => import("../screens/operations/queues.tsx"), "Queues"),
});
const alerts = createRoute({
  getParentRoute: () => app,
  path: "/operations/alerts",
  component: lazyRouteComponent(() => import("../screens/operations/alerts/alerts.tsx"), "Alerts"),
});

export const operationsRoutes = [operations, horizon, queues, alerts] as const;
