// The accounts service: who is signed in and their access tokens. Signing in and out need a cookie, so the gateway's own
// routes do that. Also hears the events that screens follow, and passes them to every gateway process.
import { service } from "../../shared/broker/service.ts";
import { config } from "../../shared/config.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { csrfTokenOf } from "../auth/csrf.ts";
import { announceTopics } from "../live/announce.ts";
import { forget } from "./forget.ts";
import { showUser } from "./login.ts";
import { findUser } from "./store.ts";
import { callerOf, createToken, pageOfTokens, revokeToken } from "./tokens.ts";

const overHttp = () =>
  fail("METHOD_NOT_ALLOWED", "Sessions live in cookies: use POST /api/v1/auth/login and /api/v1/auth/logout");

export default service("accounts", {
  actions: {
    login: () => {
      throw overHttp();
    },
    logout: () => {
      throw overHttp();
    },
    me: async ({ meta }, deps) => {
      const caller = callerOf(meta);
      const user = await findUser(deps.db, caller.userId);
      if (!user) throw fail("NOT_SIGNED_IN", "This account no longer exists");
      return {
        user: showUser(user),
        abilities: [...caller.abilities],
        csrfToken: caller.sessionId ? csrfTokenOf(config.secretKeys, caller.sessionId) : null,
        sandbox: config.emailProvider === "sandbox",
      };
    },
    createToken: ({ params, meta }, deps) => createToken(deps, callerOf(meta), params, meta.requestId),
    listTokens: ({ params, meta }, deps) => pageOfTokens(deps, callerOf(meta), params),
    revokeToken: async ({ params, meta }, deps) => {
      await revokeToken(deps, callerOf(meta), params.id, meta.requestId);
      return { ok: true as const };
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
