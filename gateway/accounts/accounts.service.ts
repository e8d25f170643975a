// The accounts service: who is signed in, their sessions and access tokens. What needs a cookie or the client's address
// is answered by the gateway's own routes. Also hears the events that screens follow, and passes them to every gateway.
import { service } from "../../shared/broker/service.ts";
import { config } from "../../shared/config.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { csrfTokenOf } from "../auth/csrf.ts";
import { announceTopics } from "../live/announce.ts";
import { callerOf } from "./actor.ts";
import { forget } from "./forget.ts";
import { openInvite } from "./invites.ts";
import { namesOf } from "./limit-store.ts";
import { showUser } from "./login.ts";
import { renameSelf } from "./members.ts";
import { endOtherSessions, endOwnSession, ownSessions } from "./own-sessions.ts";
import { findUser } from "./store.ts";
import { createToken, pageOfTokens, revokeToken } from "./tokens.ts";

const done = { ok: true as const };
const overHttp = () => {
  throw fail("METHOD_NOT_ALLOWED", "Sessions live in cookies: this is answered over HTTP only, below /api/v1/auth");
};

export default service("accounts", {
  actions: {
    login: overHttp,
    useSignInLink: overHttp,
    acceptInvite: overHttp,
    forgotPassword: overHttp,
    resetPassword: overHttp,
    changePassword: overHttp,
    logout: overHttp,
    me: async ({ meta }, deps) => {
      const caller = callerOf(meta);
      const user = await findUser(deps.db, caller.userId);
      if (!user) throw fail("NOT_SIGNED_IN", "This account no longer exists");
      return {
        user: showUser(user),
        communities: user.communities && (await namesOf(deps.db, user.communities)),
        abilities: [...caller.abilities],
        csrfToken: caller.sessionId ? csrfTokenOf(config.secretKeys, caller.sessionId) : null,
        sandbox: config.emailProvider === "sandbox",
      };
    },
    rename: ({ params, meta }, deps) => renameSelf(deps, meta, params.name),
    showInvite: ({ params }, deps) => openInvite(deps, params.token),
    listSessions: async ({ meta }, deps) => ({ data: await ownSessions(deps, meta), nextCursor: null }),
    endSession: async ({ params, meta }, deps) => {
      await endOwnSession(deps, meta, params.id);
      return done;
    },
    endOtherSessions: async ({ meta }, deps) => {
      await endOtherSessions(deps, meta);
      return done;
    },
    createToken: ({ params, meta }, deps) => createToken(deps, meta, params),
    listTokens: ({ params, meta }, deps) => pageOfTokens(deps, callerOf(meta), params),
    revokeToken: async ({ params, meta }, deps) => {
      await revokeToken(deps, meta, params.id);
      return done;
    },
    forget: ({ params }, deps) => forget(deps, params),
  },
  channels: {
    "campaign.changed": ({ campaignId }, deps) => announceTopics(deps.redis, [`campaign:${campaignId}`, "campaigns"]),
    "contact.erased": ({ contactId }, deps) => announceTopics(deps.redis, [`contact:${contactId}`, "contacts"]),
    "import.progressed": ({ importId }, deps) => announceTopics(deps.redis, [`import:${importId}`, "imports"]),
    "import.finished": ({ importId }, deps) =>
      announceTopics(deps.redis, [`import:${importId}`, "imports", "contacts"]),
  },
});
