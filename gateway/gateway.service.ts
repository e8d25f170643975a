// The gateway's place in the broker: what happens when it is created, started and stopped. The rest is in router.ts.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Service, ServiceSchema } from "moleculer";
import { type Deps, depsOf } from "../shared/broker/deps.ts";
import { setGateway } from "../shared/broker/health.ts";
import { config } from "../shared/config.ts";
import { fail } from "../shared/contracts/errors.ts";
import { type Admin, ensureFirstOwner } from "./accounts/first-owner.ts";
import { resealSecrets } from "./accounts/second-factor/secrets.ts";
import { tellSignIn } from "./accounts/tell-sign-in.ts";
import { assemble, type Gateway } from "./assemble.ts";
import { sendProblem } from "./problem.ts";
import { type GatewaySettings, settingsFrom } from "./settings.ts";
import { type Hooks, type WebService, webMixin } from "./web-service.ts";

/** Brings second factors under the first key; says so when some are lost with a key. */
const renewSecondFactors = async (deps: Deps, ring: readonly string[]): Promise<void> => {
  try {
    const { renewed, unreadable } = await resealSecrets(deps, ring);
    if (renewed > 0) deps.log.info(`${renewed} second factors were sealed anew under the first of LC_SECRET_KEYS`);
    if (unreadable > 0)
      deps.log.error(
        `${unreadable} second factors cannot be read with LC_SECRET_KEYS: bring the missing key back at the end of the list, or take them off with npm run user -- second-factor-off <email>`,
      );
  } catch (error) {
    deps.log.warn(`second factors stay under an older key until the next start: ${(error as Error).message}`);
  }
};

const started = new WeakMap<object, Gateway>();

/** Hands requests to the gateway's service; before it has started, and once it stops, they get 503. */
export const requestListener =
  (service: Service) =>
  (req: IncomingMessage, res: ServerResponse): void => {
    const gateway = started.get(service);
    if (gateway) gateway.router.handle(service as unknown as WebService, req, res);
    else sendProblem(res, "", fail("NOT_READY", "The gateway is starting or stopping", { retryAfter: 2 }));
  };

/** The service with these settings. `admin` becomes the first owner when there is nobody yet. */
export const gatewayService = (settings: GatewaySettings, admin: Admin): ServiceSchema => {
  const stopping = new AbortController();
  let gateway: Gateway | undefined;
  const current = (): Gateway => {
    if (!gateway) throw fail("NOT_READY", "The gateway is not running");
    return gateway;
  };
  const hooks: Hooks = {
    onRoute: (...request) => current().router.onRoute(...request),
    onAction: (...request) => current().router.onAction(...request),
    onError: (...request) => current().router.onError(...request),
  };
  return {
    ...webMixin(hooks),
    name: "gateway",
    async started(this: WebService) {
      const deps = depsOf(this.broker);
      const owner = await ensureFirstOwner(deps, admin, stopping.signal);
      await tellSignIn(deps, owner, { link: settings.signInLink, adminEmail: admin.email });
      // Beside the start: until it is done, every key still opens what it sealed.
      void renewSecondFactors(deps, settings.secretKeys);
      gateway = assemble(deps, settings);
      gateway.router.register(this);
      started.set(this, gateway);
      setGateway(this.broker, requestListener(this));
    },
    async stopped(this: WebService) {
      stopping.abort();
      setGateway(this.broker, undefined);
      started.delete(this);
      await gateway?.stop();
    },
  } as unknown as ServiceSchema;
};

export default gatewayService(settingsFrom(config), config.admin);
