// Contracts of the templates service: drafts, published versions, previews.
import { z } from "zod";
import { Channel } from "./channel.ts";
import { Content, Html, Name, Subject } from "./content.ts";
import { action, byId, Done, Id, Instant, listQuery, page, Version } from "./contract.ts";

export const Template = z.object({
  id: Id,
  name: z.string(),
  channel: Channel,
  subject: z.string().nullable(),
  html: z.string().nullable(),
  text: z.string().nullable(),
  publishedVersion: z.number().int().nullable(),
  version: z.number().int(),
  createdAt: Instant,
  updatedAt: Instant,
});
const templateFields = {
  subject: Subject.nullable().optional(),
  html: Html.nullable().optional(),
  text: z.string().max(1_000_000).nullable().optional(),
};
export const TemplateLint = z.object({
  fields: z.array(z.string()),
  warnings: z.array(z.object({ path: z.string(), message: z.string() })),
});
export const templates = {
  group: "campaigns",
  actions: {
    list: action({
      summary: "Lists templates",
      permission: "read",
      rest: { method: "GET", path: "/templates" },
      params: z.strictObject({ ...listQuery, q: z.string().max(100).optional() }),
      result: page(Template),
    }),
    get: action({
      summary: "Shows one template",
      permission: "read",
      rest: { method: "GET", path: "/templates/:id" },
      params: byId,
      result: Template,
    }),
    create: action({
      summary: "Creates a template",
      permission: "write",
      rest: { method: "POST", path: "/templates", status: 201 },
      params: z.strictObject({ name: Name, channel: Channel.default("email"), ...templateFields }),
      result: Template,
    }),
    update: action({
      summary: "Changes the draft of a template; `version` guards against overwriting another's change (If-Match)",
      permission: "write",
      rest: { method: "PATCH", path: "/templates/:id" },
      params: z.strictObject({
        id: Id,
        name: Name.optional(),
        ...templateFields,
        version: Version.optional(),
      }),
      result: Template,
    }),
    remove: action({
      summary: "Deletes a template; published versions in use stay readable",
      permission: "write",
      rest: { method: "DELETE", path: "/templates/:id", status: 204 },
      params: byId,
      result: Done,
    }),
    publish: action({
      summary: "Freezes the draft as a new version that campaigns can use",
      permission: "write",
      rest: { method: "POST", path: "/templates/:id/publish" },
      params: byId,
      result: Template,
    }),
    preview: action({
      summary: "Renders the draft for one contact or for example values",
      permission: "read",
      rest: { method: "POST", path: "/templates/:id/preview" },
      params: z.strictObject({ id: Id, contactId: Id.optional(), vars: z.record(z.string(), z.string()).optional() }),
      result: z.object({ subject: z.string(), html: z.string(), text: z.string(), lint: TemplateLint }),
    }),
    render: action({
      summary: "Renders content that is not stored yet, for the wizard's preview",
      permission: "read",
      rest: { method: "POST", path: "/content/preview" },
      params: z.strictObject({
        content: Content,
        contactId: Id.optional(),
        vars: z.record(z.string(), z.string()).optional(),
      }),
      result: z.object({ subject: z.string(), html: z.string(), text: z.string(), lint: TemplateLint }),
    }),
  },
  events: {},
  jobs: {},
} as const;
