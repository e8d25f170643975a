// The screens of the navigation and the palette, in their order.
import { type Act, mayDo, type Person } from "../may.ts";
import type { IconName } from "./icon.tsx";

export interface Screen {
  readonly to:
    | "/"
    | "/contacts"
    | "/segments"
    | "/imports"
    | "/suppressions"
    | "/campaigns"
    | "/messages"
    | "/templates"
    | "/operations"
    | "/settings"
    | "/mailbox";
  readonly name: string;
  readonly icon: IconName;
  readonly group: string;
  readonly about: string;
  readonly sandboxOnly?: boolean;
  /** Only for people who may do this. */
  readonly needs?: Act;
}

const screens: readonly Screen[] = [
  { to: "/", name: "Overview", icon: "overview", group: "", about: "What is going on and what to do next" },
  {
    to: "/contacts",
    name: "Contacts",
    icon: "contacts",
    group: "People",
    about: "People and businesses you may reach",
  },
  { to: "/segments", name: "Segments", icon: "segments", group: "People", about: "Groups of contacts by rule" },
  { to: "/imports", name: "Imports", icon: "imports", group: "People", about: "Bring contacts in from a file" },
  {
    to: "/suppressions",
    name: "Suppressions",
    icon: "suppressions",
    group: "People",
    about: "Addresses that get nothing",
    needs: "consent.listSuppressions",
  },
  {
    to: "/campaigns",
    name: "Campaigns",
    icon: "campaigns",
    group: "Outreach",
    about: "Write to an audience and follow every message",
  },
  {
    to: "/messages",
    name: "Messages",
    icon: "messages",
    group: "Outreach",
    about: "Who got what, and who did not and why",
  },
  { to: "/templates", name: "Templates", icon: "templates", group: "Outreach", about: "Mails to use again" },
  {
    to: "/operations",
    name: "Operations",
    icon: "operations",
    group: "Workspace",
    about: "Queues, jobs, schedules and workers: what runs, what waits and what failed",
    needs: "jobs.list",
  },
  {
    to: "/settings",
    name: "Settings",
    icon: "settings",
    group: "Workspace",
    about: "Your account, colleagues, access tokens and the audit log",
  },
  {
    to: "/mailbox",
    name: "Mailbox",
    icon: "mailbox",
    group: "Sandbox",
    about: "Every mail the sandbox received",
    sandboxOnly: true,
    needs: "sandbox.listMail",
  },
];

/** The screens that somebody can use. */
export const screensFor = (session: Person & { readonly sandbox: boolean }): readonly Screen[] =>
  screens.filter(
    ({ sandboxOnly, needs }) => (session.sandbox || !sandboxOnly) && (needs === undefined || mayDo(session, needs)),
  );
