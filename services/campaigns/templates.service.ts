// Templates: plain CRUD by moleculer-db; publishing, preview and guarded changes by hand.
import { service } from "../../shared/broker/service.ts";
import { resource } from "../../shared/db/resource.ts";
import { emailContent } from "./content.ts";
import { changeTemplate, previewContent, previewTemplate, publishTemplate } from "./templates/edit.ts";

const templates = resource("templates", {
  table: "campaigns.templates",
  columns: {
    id: "id",
    name: "name",
    channel: "channel",
    subject: "subject",
    html: "html",
    text: "text",
    version: "version",
    publishedVersion: "published_version",
    createdAt: "created_at",
    updatedAt: "updated_at",
  },
  searchable: ["name"],
  sort: ["-id"],
  unique: { templates_name: { code: "NAME_TAKEN", path: "name" } },
  notFound: "TEMPLATE_NOT_FOUND",
});

export default templates.mixInto(
  service("templates", {
    actions: {
      ...templates.actions,
      update: async (ctx, deps) => {
        await changeTemplate(deps, ctx.params);
        return ctx.call("templates.get", { id: ctx.params.id });
      },
      publish: async (ctx, deps) => {
        await publishTemplate(deps, ctx.params);
        return ctx.call("templates.get", { id: ctx.params.id });
      },
      preview: (ctx, deps) => previewTemplate(deps, ctx.params),
      render: async (ctx, deps) => previewContent(deps, await emailContent(deps.db, ctx.params.content), ctx.params),
    },
  }),
);
