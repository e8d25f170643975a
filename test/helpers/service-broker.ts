// Services in a real broker without a transporter, on a database of their own, for tests that call actions by name.
import { ServiceBroker, type ServiceSchema } from "moleculer";
import { vi } from "vitest";
import type { ActionName, ActionParams, ActionResult } from "../../shared/contracts/index.ts";
import { freshDatabase, freshRedis } from "./infrastructure.ts";

export interface ServedServices {
  readonly broker: ServiceBroker;
  readonly databaseUrl: string;
  call<N extends ActionName>(name: N, params: ActionParams<N>): Promise<ActionResult<N>>;
  close(): Promise<void>;
}

/**
 * Starts services. `load` imports them, because the configuration is read at the first import and must see the
 * databases made here: do not import services at the top of the test file.
 */
export const serveServices = async (
  load: () => Promise<readonly { default: ServiceSchema }[]>,
): Promise<ServedServices> => {
  const database = await freshDatabase();
  process.env.DATABASE_URL = database.url;
  process.env.REDIS_URL = freshRedis().url;
  // The helpers above have read the configuration already; what is imported from here on reads it again.
  vi.resetModules();
  const { callAction } = await import("../../shared/broker/context.ts");
  const { closeDeps } = await import("../../shared/broker/deps.ts");
  const broker = new ServiceBroker({ logger: false });
  for (const { default: schema } of await load()) broker.createService(schema);
  await broker.start();
  return {
    broker,
    databaseUrl: database.url,
    call: (name, params) => callAction(broker, name, params),
    close: async () => {
      await broker.stop();
      await closeDeps(broker);
      await database.drop();
    },
  };
};
