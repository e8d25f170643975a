// The map of the app: every path, what its search parameters mean, and the screen that is loaded when it is opened. The
// paths before the sign-in, of the settings and of the operations room stand in routes/.
import { createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { whenSignedOut } from "./api.ts";
import { Crash, Missing } from "./parts/crash.tsx";
import { PageSkeleton } from "./parts/page.tsx";
import { entryRoutes } from "./routes/entry.ts";
import { app, root } from "./routes/frame.ts";
import { operationsRoutes } from "./routes/operations.ts";
import { settingsRoutes } from "./routes/settings.ts";
import {
  activityTypes,
  campaignStates,
  channelNames,
  day,
  kindNames,
  messageStates,
  oneOf,
  present,
  type Raw,
  reachNames,
  sourceNames,
  stageNames,
  text,
} from "./search-params.ts";
import { forgetSession, isOver } from "./session.ts";

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
    present({ type: oneOf(activityTypes, search["type"]), message: text(search["message"]) }),
  component: lazyRouteComponent(() => import("./screens/contact/contact.tsx"), "ContactScreen"),
});
const messages = createRoute({
  getParentRoute: () => app,
  path: "/messages",
  validateSearch: (search: Raw) =>
    present({
      q: text(search["q"]),
      state: oneOf(messageStates, search["state"]),
      reason: text(search["reason"]),
      channel: oneOf(channelNames, search["channel"]),
      source: oneOf(sourceNames, search["source"]),
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
  staticData: { needs: "imports.submit", back: "/imports" },
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
      channel: oneOf(channelNames, search["channel"]),
      reason: text(search["reason"]),
      message: text(search["message"]),
    }),
  staticData: { needs: "consent.listSuppressions" },
  component: lazyRouteComponent(() => import("./screens/suppressions.tsx"), "Suppressions"),
});
const campaigns = createRoute({
  getParentRoute: () => app,
  path: "/campaigns",
  validateSearch: (search: Raw) => present({ q: text(search["q"]), status: oneOf(campaignStates, search["status"]) }),
  component: lazyRouteComponent(() => import("./screens/campaigns/campaigns.tsx"), "Campaigns"),
});
const newCampaign = createRoute({
  getParentRoute: () => app,
  path: "/campaigns/new",
  validateSearch: (search: Raw) =>
    present({ segmentId: text(search["segmentId"]), tag: text(search["tag"]), templateId: text(search["templateId"]) }),
  staticData: { needs: "campaigns.create", back: "/campaigns" },
  component: lazyRouteComponent(() => import("./screens/campaigns/new-campaign.tsx"), "NewCampaign"),
});
export const wizardSteps = { audience: 0, content: 1, preflight: 2, schedule: 3, confirm: 4 } as const;
export type WizardStep = keyof typeof wizardSteps;
const editCampaign = createRoute({
  getParentRoute: () => app,
  path: "/campaigns/$id/edit",
  validateSearch: (search: Raw) => present({ step: oneOf(wizardSteps, search["step"]) }),
  staticData: { needs: "campaigns.update", back: "/campaigns" },
  component: lazyRouteComponent(() => import("./screens/campaigns/edit-campaign.tsx"), "EditCampaign"),
});
const campaign = createRoute({
  getParentRoute: () => app,
  path: "/campaigns/$id",
  validateSearch: (search: Raw) =>
    present({
      state: oneOf(messageStates, search["state"]),
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
  staticData: { needs: "sandbox.listMail" },
  component: lazyRouteComponent(() => import("./screens/mailbox/mailbox.tsx"), "Mailbox"),
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
  ...settingsRoutes,
  ...operationsRoutes,
] as const;

export const router = createRouter({
  routeTree: root.addChildren([...entryRoutes, app.addChildren(screens)]),
  context: {},
  defaultPreload: "intent",
  defaultPendingComponent: PageSkeleton,
  defaultPendingMs: 300,
  // Another subject is another screen: no dialog, input or row of the one before stays when only the address changes.
  defaultRemountDeps: ({ params }) => params,
  defaultErrorComponent: Crash,
  defaultNotFoundComponent: Missing,
  scrollRestoration: true,
});

whenSignedOut(() => {
  // Said once: whoever stays, because something is not saved, is not sent away again by each further answer.
  if (router.state.location.pathname === "/sign-in" || isOver()) return;
  const next = router.state.location.href;
  forgetSession();
  void router.navigate({ to: "/sign-in", search: next === "/" ? {} : { next }, replace: true });
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
