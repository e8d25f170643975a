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
    createdAt: "created_at",
    updatedAt: "updated_at",
  },
  json: ["rule"],
  touched: "updatedAt",
  version: "version",
  total: true,
  unique: { segments_name: { code: "NAME_TAKEN", path: "name" } },
  notFound: "SEGMENT_NOT_FOUND",
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
        await refuseWhileUsed(deps, ctx.params.id);
        return segments.actions.remove(ctx, deps);
      },
      usage: (ctx, deps) => segmentUsage(deps, ctx.params.id, ctx.meta.caller?.userId),
      preview: (ctx, deps) => previewSegment(deps, ctx.params),
    },
  }),
);
