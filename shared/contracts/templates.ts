// Contracts of the templates service: drafts, published versions, previews with findings, test mails.
import { z } from "zod";
import { Channel } from "./channel.ts";
import { Content, Name, Subject } from "./content.ts";
import { action, authors, byId, Done, Id, Instant, listQuery, page, Version } from "./contract.ts";
import { MessageState } from "./messages.ts";

/** `html`: written by hand. `mjml`: its HTML is made from the MJML when it is saved. */
export const TemplateFormat = z.enum(["html", "mjml"]);
export type TemplateFormat = z.infer<typeof TemplateFormat>;
export const Mjml = z.string().max(300_000);
/** Five times of what Gmail shows: an editor's preview is rendered anew with every change. */
const TemplateHtml = z.string().max(500_000);

/** A template without its content, as the list shows it. */
export const TemplateSummary = z.object({
  id: Id,
  name: z.string(),
  channel: Channel,
  format: TemplateFormat,
  subject: z.string().nullable(),
  /** Number of the published version: 1, 2, 3; null while there is none. */
  publishedVersion: z.number().int().nullable(),
  /** True when the draft says something else than the published version. */
  changed: z.boolean(),
  archived: z.boolean(),
  /** How many campaigns refer to it, sent ones among them. */
  usedBy: z.number().int(),
  version: z.number().int(),
  createdAt: Instant,
  updatedAt: Instant,
});
const content = { html: z.string().nullable(), mjml: z.string().nullable(), text: z.string().nullable() };
export const Template = TemplateSummary.extend(content);

/** Number of a published version, counted from 1. */
const Published = z.coerce.number().int().min(1).max(2_147_483_647);
const ofVersion = z.strictObject({ id: Id, number: Published });
const VersionSummary = z.object({
  number: z.number().int(),
  format: TemplateFormat,
  subject: z.string().nullable(),
  publishedAt: Instant,
  /** True for the version that campaigns get now. */
  current: z.boolean(),
});

const fields = {
  subject: Subject.nullable().optional(),
  html: TemplateHtml.nullable().optional(),
  mjml: Mjml.nullable().optional(),
  text: z.string().max(1_000_000).nullable().optional(),
};
export const Finding = z.object({
  /** `error`: it cannot be published; `warning`: worth a look; `info`: good to know. */
  severity: z.enum(["error", "warning", "info"]),
  path: z.enum(["subject", "html", "mjml", "text"]),
  /** Line of the source, from 1; null where no single line is meant. */
  line: z.number().int().nullable(),
  message: z.string(),
});
export type Finding = z.infer<typeof Finding>;
const person = { contactId: Id.optional(), vars: z.record(z.string(), z.string()).optional() };
const Preview = z.object({
  subject: z.string(),
  html: z.string(),
  text: z.string(),
  /** Size of the HTML as it goes out, in bytes. */
  bytes: z.number().int(),
  /** Fields without a default for which this person has no value: the mail would not be sent to them. */
  missing: z.array(z.string()),
  lint: z.object({ fields: z.array(z.string()), findings: z.array(Finding) }),
});
export type Preview = z.infer<typeof Preview>;

/** MJML may have to wait for its thread to start, and for its turn. */
const compiles = 30_000;

export const templates = {
  group: "campaigns",
  actions: {
    list: action({
      summary: "Lists templates without their content",
      permission: "read",
      scope: "organisation",
      rest: { method: "GET", path: "/templates" },
      params: z.strictObject({
        ...listQuery,
        q: z.string().max(100).optional(),
        show: z.enum(["active", "published", "archived"]).default("active"),
      }),
      result: page(TemplateSummary),
    }),
    get: action({
      summary: "Shows one template with its draft",
      permission: "read",
      scope: "organisation",
      rest: { method: "GET", path: "/templates/:id" },
      params: byId,
      result: Template,
    }),
    create: action({
      summary: "Creates a template, from HTML or from MJML",
      permission: "write",
      roles: authors,
      scope: "organisation",
      rest: { method: "POST", path: "/templates", status: 201 },
      timeout: compiles,
      params: z.strictObject({
        name: Name,
        channel: Channel.default("email"),
        format: TemplateFormat.default("html"),
        ...fields,
      }),
      result: Template,
    }),
    update: action({
      summary: "Changes the draft of a template; `version` guards against overwriting another's change (If-Match)",
      permission: "write",
      roles: authors,
      scope: "organisation",
      rest: { method: "PATCH", path: "/templates/:id" },
      timeout: compiles,
      params: z.strictObject({
        id: Id,
        name: Name.optional(),
        format: TemplateFormat.optional(),
        ...fields,
        archived: z.boolean().optional(),
        version: Version.optional(),
      }),
      result: Template,
    }),
    remove: action({
      summary: "Deletes a template that no unsent campaign uses; published versions in use stay readable",
      permission: "write",
      roles: authors,
      scope: "community",
      rest: { method: "DELETE", path: "/templates/:id", status: 204 },
      params: byId,
      result: Done,
    }),
    duplicate: action({
      summary: "Makes a new template with the same draft",
      permission: "write",
      roles: authors,
      scope: "organisation",
      rest: { method: "POST", path: "/templates/:id/duplicate", status: 201 },
      params: byId,
      result: Template,
    }),
    publish: action({
      summary: "Freezes the draft as a new version that campaigns can use; an unchanged draft keeps its version",
      permission: "write",
      roles: authors,
      scope: "organisation",
      rest: { method: "POST", path: "/templates/:id/publish" },
      timeout: compiles,
      params: z.strictObject({ id: Id, version: Version.optional() }),
      result: Template,
    }),
    versions: action({
      summary: "Lists the published versions, newest first",
      permission: "read",
      scope: "organisation",
      rest: { method: "GET", path: "/templates/:id/versions" },
      params: z.strictObject({ id: Id, ...listQuery }),
      result: page(VersionSummary),
    }),
    showVersion: action({
      summary: "Shows one published version, which never changes",
      permission: "read",
      scope: "organisation",
      rest: { method: "GET", path: "/templates/:id/versions/:number" },
      params: ofVersion,
      result: VersionSummary.extend(content),
    }),
    restore: action({
      summary: "Makes a published version the draft again; `version` guards the draft that it replaces",
      permission: "write",
      roles: authors,
      scope: "organisation",
      rest: { method: "POST", path: "/templates/:id/versions/:number/restore" },
      params: ofVersion.extend({ version: Version.optional() }),
      result: Template,
    }),
    preview: action({
      summary: "Renders the draft, or the published version with this number, for one contact or for example values",
      permission: "read",
      scope: "community",
      rest: { method: "POST", path: "/templates/:id/preview" },
      timeout: compiles,
      params: z.strictObject({ id: Id, ...person, version: Published.optional() }),
      result: Preview,
    }),
    render: action({
      summary: "Renders content that is not stored yet, for the editor's preview",
      permission: "read",
      scope: "community",
      rest: { method: "POST", path: "/content/preview" },
      timeout: compiles,
      params: z.strictObject({
        content: Content.extend({ html: TemplateHtml.optional(), mjml: Mjml.optional() }),
        ...person,
      }),
      result: Preview,
    }),
    testSend: action({
      summary:
        "Sends the draft, or a published version, to at most 5 addresses as a test; the ledger says what became of it",
      permission: "send",
      scope: "community",
      rest: { method: "POST", path: "/templates/:id/test-send", status: 202, idempotent: true, adds: true },
      timeout: compiles,
      params: z.strictObject({
        id: Id,
        to: z.array(z.string().trim().min(3).max(320)).min(1).max(5),
        ...person,
        version: Published.optional(),
      }),
      result: z.object({ messages: z.array(z.object({ id: Id, to: z.string(), state: MessageState })) }),
    }),
  },
  events: {},
  jobs: {},
} as const;
