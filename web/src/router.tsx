// The map of the app: every path, what its search parameters mean, and the screen that is loaded when it is opened.
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import type { ActivityType } from "../../shared/contracts/activity.ts";
import type { CampaignStatus } from "../../shared/contracts/campaigns.ts";
import type { Channel } from "../../shared/contracts/channel.ts";
import type { MessageState } from "../../shared/contracts/messages.ts";
import { type ApiParams, whenSignedOut } from "./api.ts";
import { Crash, Missing } from "./parts/crash.tsx";
import { PageSkeleton } from "./parts/page.tsx";
import { Shell } from "./parts/shell.tsx";
import { forgetSession, readSession, requireSession } from "./session.ts";

type Raw = Record<string, unknown>;
const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined;
/** Search parameters without the absent ones, so that URLs stay short. */
const present = <T extends object>(fields: T): { [K in keyof T]?: T[K] | undefined } =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== false),
  ) as Partial<T>;
const oneOf = <K extends string>(words: Readonly<Partial<Record<K, unknown>>>, value: unknown): K | undefined =>
  typeof value === "string" && Object.hasOwn(words, value) ? (value as K) : undefined;

// What search parameters may say. By name only: the words for them load with the screens.
const campaignStates: Readonly<Record<CampaignStatus, true>> = {
  draft: true,
  scheduled: true,
  preparing: true,
  running: true,
  paused: true,
  completed: true,
  cancelled: true,
  held: true,
};
const messageStates: Readonly<Record<MessageState, true>> = {
  queued: true,
  claimed: true,
  handing_off: true,
  accepted: true,
  delivered: true,
  skipped: true,
  failed: true,
  bounced: true,
  unknown: true,
  cancelled: true,
};
type Filter = ApiParams<"contacts.list">;
const kindNames: Readonly<Record<NonNullable<Filter["kind"]>, true>> = { person: true, business: true };
const stageNames: Readonly<Record<NonNullable<Filter["stage"]>, true>> = {
  awareness: true,
  engagement: true,
  sales: true,
  retention: true,
  churn: true,
};
const reachNames: Readonly<Record<NonNullable<Filter["reach"]>, true>> = {
  open: true,
  no_consent: true,
  suppressed: true,
  no_address: true,
};
/** A day as date fields write it. */
const day = (value: unknown): string | undefined =>
  typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined;
type Source = NonNullable<ApiParams<"messages.list">["source"]>;
const sourceNames: Readonly<Partial<Record<Source, true>>> = { campaign: true, transactional: true, alert: true };
const channelNames: Readonly<Record<Channel, true>> = { email: true, sms: true, call: true };
const activityTypes: Readonly<Record<ActivityType, true>> = {
  message: true,
  event: true,
  consent: true,
  suppression: true,
  import: true,
  created: true,
};

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
  component: lazyRouteComponent(() => import("./screens/entry/sign-in.tsx"), "SignIn"),
});

const forgot = createRoute({
  getParentRoute: () => root,
  path: "/forgot",
  component: lazyRouteComponent(() => import("./screens/entry/forgot.tsx"), "Forgot"),
});
const reset = createRoute({
  getParentRoute: () => root,
  path: "/reset/$token",
  component: lazyRouteComponent(() => import("./screens/entry/reset.tsx"), "Reset"),
});
const acceptInvite = createRoute({
  getParentRoute: () => root,
  path: "/accept-invite/$token",
  component: lazyRouteComponent(() => import("./screens/entry/accept-invite.tsx"), "AcceptInvite"),
});
const signInLink = createRoute({
  getParentRoute: () => root,
  path: "/sign-in/$code",
  component: lazyRouteComponent(() => import("./screens/entry/sign-in-link.tsx"), "SignInLink"),
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
      kind: oneOf(kindNames, search["kind"]),
      stage: oneOf(stageNames, search["stage"]),
      reach: oneOf(reachNames, search["reach"]),
      segmentId: text(search["segmentId"]),
      acts: search["acts"] === true || search["acts"] === "true",
      new: search["new"] === true || search["new"] === "true",
    }),
  component: lazyRouteComponent(() => import("./screens/contacts/contacts.tsx"), "Contacts"),
});
const contact = createRoute({
  getParentRoute: () => app,
  path: "/contacts/$id",
  validateSearch: (search: Raw) =>
    present({ type: oneOf<ActivityType>(activityTypes, search["type"]), message: text(search["message"]) }),
  component: lazyRouteComponent(() => import("./screens/contact/contact.tsx"), "ContactScreen"),
});
const messages = createRoute({
  getParentRoute: () => app,
  path: "/messages",
  validateSearch: (search: Raw) =>
    present({
      q: text(search["q"]),
      state: oneOf<MessageState>(messageStates, search["state"]),
      reason: text(search["reason"]),
      channel: oneOf<Channel>(channelNames, search["channel"]),
      source: oneOf<Source>(sourceNames, search["source"]),
      sourceId: text(search["sourceId"]),
      contactId: text(search["contactId"]),
      from: day(search["from"]),
      until: day(search["until"]),
      message: text(search["message"]),
    }),
  component: lazyRouteComponent(() => import("./screens/messages/messages.tsx"), "Messages"),
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
  validateSearch: (search: Raw) =>
    present({
      q: text(search["q"]),
      channel: oneOf<Channel>(channelNames, search["channel"]),
      reason: text(search["reason"]),
      message: text(search["message"]),
    }),
  component: lazyRouteComponent(() => import("./screens/suppressions.tsx"), "Suppressions"),
});
const campaigns = createRoute({
  getParentRoute: () => app,
  path: "/campaigns",
  validateSearch: (search: Raw) =>
    present({ q: text(search["q"]), status: oneOf<CampaignStatus>(campaignStates, search["status"]) }),
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
      state: oneOf<MessageState>(messageStates, search["state"]),
      reason: text(search["reason"]),
      q: text(search["q"]),
      message: text(search["message"]),
    }),
  component: lazyRouteComponent(() => import("./screens/campaigns/campaign.tsx"), "CampaignScreen"),
});
const templates = createRoute({
  getParentRoute: () => app,
  path: "/templates",
  validateSearch: (search: Raw) =>
    present({ q: text(search["q"]), show: oneOf({ published: true, archived: true }, search["show"]) }),
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
const sending = createRoute({
  getParentRoute: () => app,
  path: "/settings/sending",
  component: lazyRouteComponent(() => import("./screens/settings/sending.tsx"), "Sending"),
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
  component: lazyRouteComponent(() => import("./screens/settings/account.tsx"), "Account"),
});
const users = createRoute({
  getParentRoute: () => app,
  path: "/settings/users",
  component: lazyRouteComponent(() => import("./screens/settings/users.tsx"), "Users"),
});
const tokens = createRoute({
  getParentRoute: () => app,
  path: "/settings/tokens",
  component: lazyRouteComponent(() => import("./screens/settings/tokens.tsx"), "Tokens"),
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
  component: lazyRouteComponent(() => import("./screens/settings/audit.tsx"), "Audit"),
});

const screens = [
  overview,
  contacts,
  contact,
  messages,
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
  settings,
  account,
  sending,
  users,
  tokens,
  audit,
] as const;

export const router = createRouter({
  routeTree: root.addChildren([signIn, signInLink, forgot, reset, acceptInvite, app.addChildren(screens)]),
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
