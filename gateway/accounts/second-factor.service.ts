// The second factor: what the person and the owners see and decide. Steps of a sign-in, and what counts tries by address, are
// answered by the gateway's own routes (routes/session.ts, routes/password.ts).
import { service } from "../../shared/broker/service.ts";
import { config } from "../../shared/config.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { actorOf, sessionOf } from "./actor.ts";
import { demandFreshProof } from "./own-password.ts";
import { ownAccount, showSecondFactor } from "./second-factor/own.ts";
import { setPolicy, showPolicy } from "./second-factor/owners.ts";
import { beginSetUp, finishSetUp } from "./second-factor/set-up.ts";

const overHttp = () => {
  throw fail("METHOD_NOT_ALLOWED", "This is answered over HTTP only, below /api/v1/auth/second-factor");
};

export default service("secondFactor", {
  actions: {
    signIn: overHttp,
    beginAtSignIn: overHttp,
    finishAtSignIn: overHttp,
    switchOff: overHttp,
    renewCodes: overHttp,
    show: ({ meta }, deps) => showSecondFactor(deps, meta),
    begin: async ({ meta }, deps) => {
      await demandFreshProof(deps, meta);
      return beginSetUp(deps, config.secretKeys, await ownAccount(deps, meta), sessionOf(meta).sessionId);
    },
    finish: async ({ params, meta }, deps) => {
      const { sessionId } = sessionOf(meta);
      const user = await ownAccount(deps, meta);
      const first = { holder: sessionId, code: params.code, keepSessionId: sessionId };
      return { recoveryCodes: [...(await finishSetUp(deps, config.secretKeys, user, first, actorOf(meta)))] };
    },
    showPolicy: (_call, deps) => showPolicy(deps),
    setPolicy: ({ params, meta }, deps) => setPolicy(deps, meta, params.secondFactorRequired),
  },
});
