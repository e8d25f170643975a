// Templates: the list by moleculer-db; drafts, versions, previews and test mails by hand.
import type { Ctx } from "../../shared/broker/context.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { service } from "../../shared/broker/service.ts";
import { resource } from "../../shared/db/resource.ts";
import { changeTemplate, createTemplate, duplicateTemplate, removeTemplate } from "./templates/edit.ts";
import { closeMjml } from "./templates/mjml.ts";
import { type Attributes, previewContent, previewTemplate } from "./templates/preview.ts";
import { listVersionPage, publishTemplate, restoreVersion, showVersion } from "./templates/publish.ts";
import { findTemplate } from "./templates/store.ts";
import { sendTest } from "./templates/test-send.ts";

const summaries = resource("templates", {
  table: "campaigns.v_templates",
  columns: {
    id: "id",
    name: "name",
    channel: "channel",
    format: "format",
    subject: "subject",
    publishedVersion: "published_number",
    published: "published",
    changed: "changed",
    archived: "archived",
    usedBy: "used_by",
    version: "version",
    createdAt: "created_at",
    updatedAt: "updated_at",
  },
  searchable: ["name"],
  filters: ["archived", "published"],
  sort: ["-id"],
  notFound: "TEMPLATE_NOT_FOUND",
});

const shown = async (ctx: Pick<Ctx<unknown>, "meta" | "call">, deps: Deps, id: string) => {
  const { published: _, ...summary } = {
    published: true,
    ...(await summaries.actions.get({ ...ctx, params: { id } }, deps)),
  };
  const { html, mjml, text } = await findTemplate(deps.db, id);
  return { ...summary, html, mjml, text };
};

/** Attributes are only looked up to warn of misspelt ones: without an answer nobody is kept from writing. */
const attributesOf =
  (ctx: Pick<Ctx<unknown>, "call">, deps: Deps): Attributes =>
  async () => {
    try {
      const { fields } = await ctx.call("contacts.fields", {});
      return new Set(fields.filter((field) => field.startsWith("attrs.")));
    } catch (error) {
      deps.log.warn(`names of attributes were not checked: ${(error as Error).message}`);
      return undefined;
    }
  };

const which = {
  active: { archived: false },
  published: { archived: false, published: true },
  archived: { archived: true },
} as const;

export default summaries.mixInto(
  service("templates", {
    actions: {
      list: async (ctx, deps) => {
        const { show, ...params } = ctx.params;
        const asked = { ...params, show, ...which[show] };
        const page = await summaries.actions.list({ ...ctx, params: asked }, deps);
        return {
          ...page,
          data: page.data.map(({ published: _, ...row }: { published?: boolean } & (typeof page.data)[number]) => row),
        };
      },
      get: (ctx, deps) => shown(ctx, deps, ctx.params.id),
      create: async (ctx, deps) => shown(ctx, deps, await createTemplate(deps, ctx.params)),
      update: async (ctx, deps) => {
        await changeTemplate(deps, ctx.params);
        return shown(ctx, deps, ctx.params.id);
      },
      remove: (ctx, deps) => removeTemplate(deps, ctx.params),
      duplicate: async (ctx, deps) => shown(ctx, deps, await duplicateTemplate(deps, ctx.params)),
      publish: async (ctx, deps) => {
        await publishTemplate(deps, ctx.params, attributesOf(ctx, deps));
        return shown(ctx, deps, ctx.params.id);
      },
      versions: (ctx, deps) => listVersionPage(deps, ctx.params),
      showVersion: (ctx, deps) => showVersion(deps, ctx.params),
      restore: async (ctx, deps) => {
        await restoreVersion(deps, ctx.params);
        return shown(ctx, deps, ctx.params.id);
      },
      preview: (ctx, deps) => previewTemplate(deps, ctx.params, attributesOf(ctx, deps)),
      render: (ctx, deps) => previewContent(deps, ctx.params, attributesOf(ctx, deps)),
      testSend: (ctx, deps) =>
        sendTest(
          deps,
          ctx.params,
          attributesOf(ctx, deps),
          ctx.meta.idempotencyKey,
          ctx.meta.caller?.userId ?? "within",
        ),
    },
    stopped: closeMjml,
  }),
);
