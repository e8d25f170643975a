// The map of the app: every path, what its search parameters mean, and the screen that is loaded when it is opened.
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import type { CampaignStatus } from "../../shared/contracts/campaigns.ts";
import type { MessageState } from "../../shared/contracts/messages.ts";
import { whenSignedOut } from "./api.ts";
import { Crash, Missing } from "./parts/crash.tsx";
import { PageSkeleton } from "./parts/page.tsx";
import { Shell } from "./parts/shell.tsx";
import { forgetSession, readSession, requireSession } from "./session.ts";
import { campaignWords, kindWords, reachWords, stageWords, stateWords } from "./words.ts";

type Raw = Record<string, unknown>;
const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined;
/** Search parameters without the absent ones, so that URLs stay short. */
const present = <T extends object>(fields: T): { [K in keyof T]?: T[K] | undefined } =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== false),
  ) as Partial<T>;
const oneOf = <K extends string>(words: Readonly<Record<K, unknown>>, value: unknown): K | undefined =>
  typeof value === "string" && Object.hasOwn(words, value) ? (value as K) : undefined;

const root = createRootRouteWithContext<object>()({
  component: Outlet,
  errorComponent: Crash,
  notFoundComponent: Missing,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Raw) => present({ next: text(search["next"]) }),
  beforeLoad: async () => {
    if (await readSession().catch(() => null)) throw redirect({ to: "/", replace: true });
  },
  component: lazyRouteComponent(() => import("./screens/sign-in.tsx"), "SignIn"),
});

const app = createRoute({
  getParentRoute: () => root,
  id: "app",
  beforeLoad: async ({ location }) => ({ session: await requireSession(location.href) }),
  component: Shell,
});

const overview = createRoute({
  getParentRoute: () => app,
  path: "/",
  component: lazyRouteComponent(() => import("./screens/overview.tsx"), "Overview"),
});
const contacts = createRoute({
  getParentRoute: () => app,
  path: "/contacts",
  validateSearch: (search: Raw) =>
    present({
      q: text(search["q"]),
      tag: text(search["tag"]),
      communityId: text(search["communityId"]),
      kind: oneOf<keyof typeof kindWords>(kindWords, search["kind"]),
      stage: oneOf<keyof typeof stageWords>(stageWords, search["stage"]),
      reach: oneOf<keyof typeof reachWords>(reachWords, search["reach"]),
      segmentId: text(search["segmentId"]),
      acts: search["acts"] === true || search["acts"] === "true",
      contact: text(search["contact"]),
      new: search["new"] === true || search["new"] === "true",
    }),
  component: lazyRouteComponent(() => import("./screens/contacts/contacts.tsx"), "Contacts"),
});
const segments = createRoute({
  getParentRoute: () => app,
  path: "/segments",
  component: lazyRouteComponent(() => import("./screens/segments/segments.tsx"), "Segments"),
});
const segment = createRoute({
  getParentRoute: () => app,
  path: "/segments/$id",
  component: lazyRouteComponent(() => import("./screens/segments/segment.tsx"), "SegmentScreen"),
});
const imports = createRoute({
  getParentRoute: () => app,
  path: "/imports",
  component: lazyRouteComponent(() => import("./screens/imports/imports.tsx"), "Imports"),
});
const newImport = createRoute({
  getParentRoute: () => app,
  path: "/imports/new",
  component: lazyRouteComponent(() => import("./screens/imports/new-import.tsx"), "NewImport"),
});
const oneImport = createRoute({
  getParentRoute: () => app,
  path: "/imports/$id",
  component: lazyRouteComponent(() => import("./screens/imports/import.tsx"), "ImportScreen"),
});
const suppressions = createRoute({
  getParentRoute: () => app,
  path: "/suppressions",
  validateSearch: (search: Raw) => present({ q: text(search["q"]) }),
  component: lazyRouteComponent(() => import("./screens/suppressions.tsx"), "Suppressions"),
});
const campaigns = createRoute({
  getParentRoute: () => app,
  path: "/campaigns",
  validateSearch: (search: Raw) =>
    present({ q: text(search["q"]), status: oneOf<CampaignStatus>(campaignWords, search["status"]) }),
  component: lazyRouteComponent(() => import("./screens/campaigns/campaigns.tsx"), "Campaigns"),
});
const newCampaign = createRoute({
  getParentRoute: () => app,
  path: "/campaigns/new",
  validateSearch: (search: Raw) =>
    present({ segmentId: text(search["segmentId"]), tag: text(search["tag"]), templateId: text(search["templateId"]) }),
  component: lazyRouteComponent(() => import("./screens/campaigns/new-campaign.tsx"), "NewCampaign"),
});
export const wizardSteps = { audience: 0, content: 1, preflight: 2, schedule: 3, confirm: 4 } as const;
export type WizardStep = keyof typeof wizardSteps;
const editCampaign = createRoute({
  getParentRoute: () => app,
  path: "/campaigns/$id/edit",
  validateSearch: (search: Raw) => present({ step: oneOf<WizardStep>(wizardSteps, search["step"]) }),
  component: lazyRouteComponent(() => import("./screens/campaigns/edit-campaign.tsx"), "EditCampaign"),
});
const campaign = createRoute({
  getParentRoute: () => app,
  path: "/campaigns/$id",
  validateSearch: (search: Raw) =>
    present({
      state: oneOf<MessageState>(stateWords, search["state"]),
      reason: text(search["reason"]),
      q: text(search["q"]),
      message: text(search["message"]),
    }),
  component: lazyRouteComponent(() => import("./screens/campaigns/campaign.tsx"), "CampaignScreen"),
});
const templates = createRoute({
  getParentRoute: () => app,
  path: "/templates",
  validateSearch: (search: Raw) => present({ q: text(search["q"]) }),
  component: lazyRouteComponent(() => import("./screens/templates/templates.tsx"), "Templates"),
});
const template = createRoute({
  getParentRoute: () => app,
  path: "/templates/$id",
  component: lazyRouteComponent(() => import("./screens/templates/template.tsx"), "TemplateScreen"),
});
const mailbox = createRoute({
  getParentRoute: () => app,
  path: "/mailbox",
  validateSearch: (search: Raw) =>
    present({ q: text(search["q"]), to: text(search["to"]), mail: text(search["mail"]) }),
  component: lazyRouteComponent(() => import("./screens/mailbox/mailbox.tsx"), "Mailbox"),
});

const screens = [
  overview,
  contacts,
  segments,
  segment,
  imports,
  newImport,
  oneImport,
  suppressions,
  campaigns,
  newCampaign,
  editCampaign,
  campaign,
  templates,
  template,
  mailbox,
] as const;

export const router = createRouter({
  routeTree: root.addChildren([signIn, app.addChildren(screens)]),
  context: {},
  defaultPreload: "intent",
  defaultPendingComponent: PageSkeleton,
  defaultPendingMs: 300,
  defaultErrorComponent: Crash,
  defaultNotFoundComponent: Missing,
  scrollRestoration: true,
});

whenSignedOut(() => {
  if (router.state.location.pathname === "/sign-in") return;
  const next = router.state.location.href;
  forgetSession();
  void router.navigate({ to: "/sign-in", search: next === "/" ? {} : { next }, replace: true });
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
