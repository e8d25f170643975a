// The pages of the operations room. A new page gets its route here and its line in screens/operations/operations-page.tsx.
import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import {
  day,
  jobStateNames,
  letterStates,
  oneOf,
  present,
  type Raw,
  text,
  webhookProviders,
  webhookStates,
} from "../search-params.ts";
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
  staticData: { needs: "jobs.list" },
  component: lazyRouteComponent(() => import("../screens/operations/queues.tsx"), "Queues"),
});
const jobs = createRoute({
  getParentRoute: () => app,
  path: "/operations/jobs",
  validateSearch: (search: Raw) =>
    present({
      person: text(search["person"]),
      contactId: text(search["contactId"]),
      state: oneOf(jobStateNames, search["state"]),
      queue: text(search["queue"]),
      type: text(search["type"]),
      tag: text(search["tag"]),
      entity: text(search["entity"]),
      fingerprint: text(search["fingerprint"]),
      from: day(search["from"]),
      until: day(search["until"]),
    }),
  staticData: { needs: "jobs.list" },
  component: lazyRouteComponent(() => import("../screens/operations/jobs.tsx"), "Jobs"),
});
const job = createRoute({
  getParentRoute: () => app,
  path: "/operations/jobs/$id",
  staticData: { needs: "jobs.get" },
  component: lazyRouteComponent(() => import("../screens/operations/job.tsx"), "JobScreen"),
});
const failures = createRoute({
  getParentRoute: () => app,
  path: "/operations/failures",
  validateSearch: (search: Raw) =>
    present({
      over: oneOf({ hour: true, day: true, all: true }, search["over"]),
      sort: oneOf({ count: true }, search["sort"]),
    }),
  staticData: { needs: "jobs.failures" },
  component: lazyRouteComponent(() => import("../screens/operations/failures.tsx"), "Failures"),
});
const webhooks = createRoute({
  getParentRoute: () => app,
  path: "/operations/webhooks",
  validateSearch: (search: Raw) =>
    present({
      state: oneOf(webhookStates, search["state"]),
      provider: oneOf(webhookProviders, search["provider"]),
      webhook: text(search["webhook"]),
    }),
  staticData: { needs: "webhooks.list" },
  component: lazyRouteComponent(() => import("../screens/operations/webhooks.tsx"), "Webhooks"),
});

const deadLetters = createRoute({
  getParentRoute: () => app,
  path: "/operations/dead-letters",
  validateSearch: (search: Raw) =>
    present({
      group: text(search["group"]),
      state: oneOf(letterStates, search["state"]),
      letter: text(search["letter"]),
    }),
  staticData: { needs: "deadLetters.list" },
  component: lazyRouteComponent(() => import("../screens/operations/dead-letters.tsx"), "DeadLetters"),
});

const workers = createRoute({
  getParentRoute: () => app,
  path: "/operations/workers",
  validateSearch: (search: Raw) => present({ node: text(search["node"]) }),
  staticData: { needs: "workers.list" },
  component: lazyRouteComponent(() => import("../screens/operations/workers.tsx"), "Workers"),
});

const schedules = createRoute({
  getParentRoute: () => app,
  path: "/operations/schedules",
  validateSearch: (search: Raw) => present({ schedule: text(search["schedule"]) }),
  staticData: { needs: "jobs.list" },
  component: lazyRouteComponent(() => import("../screens/operations/schedules.tsx"), "Schedules"),
});

const alerts = createRoute({
  getParentRoute: () => app,
  path: "/operations/alerts",
  staticData: { needs: "jobs.list" },
  component: lazyRouteComponent(() => import("../screens/operations/alerts/alerts.tsx"), "Alerts"),
});

export const operationsRoutes = [
  operations,
  horizon,
  queues,
  jobs,
  job,
  failures,
  webhooks,
  deadLetters,
  workers,
  schedules,
  alerts,
] as const;
