// The users service: who has an account and who is invited. Also works off what people asked for without signing in.
import { service } from "../../shared/broker/service.ts";
import { endOldSessions } from "./access-changed.ts";
import { mailPasswordLink } from "./forgotten-password.ts";
import { inviteMember, pageOfInvites, resendInvite, revokeInvite } from "./invites.ts";
import { changeMember, pageOfMembers, removeMember } from "./members.ts";
import { removeSecondFactor } from "./second-factor/owners.ts";

const done = { ok: true as const };

export default service("users", {
  actions: {
    list: ({ params }, deps) => pageOfMembers(deps, params),
    update: ({ params, meta }, deps) => changeMember(deps, meta, params),
    remove: async ({ params, meta }, deps) => {
      await removeMember(deps, meta, params.id);
      return done;
    },
    removeSecondFactor: async ({ params, meta }, deps) => {
      await removeSecondFactor(deps, meta, params.id);
      return done;
    },
    invite: ({ params, meta }, deps) => inviteMember(deps, meta, params),
    listInvites: ({ params }, deps) => pageOfInvites(deps, params),
    resendInvite: ({ params, meta }, deps) => resendInvite(deps, meta, params.id),
    revokeInvite: async ({ params, meta }, deps) => {
      await revokeInvite(deps, meta, params.id);
      return done;
    },
  },
  channels: {
    "user.access-changed": (change, deps) => endOldSessions(deps, change),
    "user.password-forgotten": ({ requestId }, deps) => mailPasswordLink(deps, requestId),
  },
});
