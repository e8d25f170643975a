// Tags: free words on contacts. Names are one whatever their case; deleting a tag takes it off every contact.
import { service } from "../../shared/broker/service.ts";
import { resource } from "../../shared/db/resource.ts";

const tags = resource("tags", {
  table: "contacts.tags",
  columns: { id: "id", name: "name", createdAt: "created_at" },
  searchable: ["name"],
  sort: ["name", "-id"],
  total: true,
  unique: { tags_name: { code: "NAME_TAKEN", path: "name" } },
  notFound: "TAG_NOT_FOUND",
});

export default tags.mixInto(service("tags", { actions: tags.actions }));
