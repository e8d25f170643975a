// The pages of the operations room. A new page gets its route here and its line in screens/operations/operations-page.tsx.
import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { oneOf, present, type Raw, text } from "../search-params.ts";
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
  validateSearch: (search: Raw) =>
    present({
      range: oneOf({ "1h": true, "24h": true, "7d": true, "90d": true } as const, search["range"]),
      of: text(search["of"]),
      view: oneOf({ table: true } as const, search["view"]),
    }),
  component: lazyRouteComponent(() => import("../screens/operations/queues.tsx"), "Queues"),
});

export const operationsRoutes = [operations, horizon, queues] as const;
