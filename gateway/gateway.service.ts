// The gateway's place in the broker: what happens when it is created, started and stopped. The rest is in router.ts.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Service, ServiceSchema } from "moleculer";
import { depsOf } from "../shared/broker/deps.ts";
import { setGateway } from "../shared/broker/health.ts";
import { config } from "../shared/config.ts";
import { fail } from "../shared/contracts/errors.ts";
import { type Admin, ensureFirstOwner } from "./accounts/first-owner.ts";
import { tellSignIn } from "./accounts/tell-sign-in.ts";
import { assemble, type Gateway } from "./assemble.ts";
import { sendProblem } from "./problem.ts";
import { type GatewaySettings, settingsFrom } from "./settings.ts";
import { type Hooks, type WebService, webMixin } from "./web-service.ts";

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
