// Segments: named rules that find contacts. A rule that cannot be compiled is never stored.
import { service } from "../../shared/broker/service.ts";
import { resource } from "../../shared/db/resource.ts";
import { compileOrFail } from "./segments/compile-segment.ts";
import { previewSegment } from "./segments/preview-segment.ts";
import { refuseWhileUsed, segmentUsage } from "./segments/segment-usage.ts";

const segments = resource("segments", {
  table: "contacts.segments",
  columns: {
    id: "id",
    name: "name",
    rule: "rule",
    version: "version",
    communities: "communities",
    createdAt: "created_at",
    updatedAt: "updated_at",
  },
  json: ["rule"],
  touched: "updatedAt",
  version: "version",
  total: true,
  unique: { segments_name: { code: "NAME_TAKEN", path: "name" } },
  notFound: "SEGMENT_NOT_FOUND",
  // Everybody uses the segments of people who see everything; those of others are for people of the same communities.
  within: {
    sees: ({ communities: ids }) => ({ sql: "(communities is null or communities <@ ?::uuid[])", values: [[...ids]] }),
    changes: ({ communities: ids }) => ({ sql: "communities <@ ?::uuid[]", values: [[...ids]] }),
    keeps: "communities",
  },
  check: (fields, _verb, deps) => {
    if (fields.rule !== undefined) compileOrFail(deps, fields.rule);
    return fields;
  },
});

export default segments.mixInto(
  service("segments", {
    actions: {
      ...segments.actions,
      remove: async (ctx, deps) => {
        if (deps.scope) await segments.actions.get(ctx, deps);
        await refuseWhileUsed(deps, ctx.params.id);
        return segments.actions.remove(ctx, deps);
      },
      usage: (ctx, deps) => segmentUsage(deps, ctx.params.id, ctx.meta.caller?.userId),
      preview: (ctx, deps) => previewSegment(deps, ctx.params),
    },
  }),
);
