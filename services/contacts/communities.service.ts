// Communities: the towns and districts that contacts, newsletters and alerts belong to. A default one always exists.
import { service } from "../../shared/broker/service.ts";
import { resource } from "../../shared/db/resource.ts";
import { removeCommunity } from "./communities/remove-community.ts";

const communities = resource("communities", {
  table: "contacts.communities",
  columns: { id: "id", name: "name", createdAt: "created_at" },
  searchable: ["name"],
  sort: ["name", "-id"],
  total: true,
  unique: { communities_name: { code: "NAME_TAKEN", path: "name" } },
  notFound: "COMMUNITY_NOT_FOUND",
  within: { sees: ({ communities: ids }) => ({ sql: "id = any(?::uuid[])", values: [[...ids]] }) },
});

export default communities.mixInto(
  service("communities", {
    actions: { ...communities.actions, remove: (ctx, deps) => removeCommunity(deps, ctx.params) },
  }),
);
