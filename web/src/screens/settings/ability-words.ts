// What the abilities of an access token mean.
import type { ApiResult } from "../../api.ts";

export type Ability = ApiResult<"accounts.me">["abilities"][number];

export const abilityWords: Readonly<Record<Ability, string>> = {
  read: "Read everything",
  write: "Make and change contacts, segments, templates, campaigns",
  send: "Launch campaigns and send messages",
  admin: "Manage people and settings",
};

export const abilityNames: Readonly<Record<Ability, string>> = {
  read: "read",
  write: "write",
  send: "send",
  admin: "manage",
};
