// Where the sandbox's SMTP server is now: asked anew for each connection, because it gets a port when it starts.
import { callAction } from "../../shared/broker/context.ts";
import type { Deps } from "../../shared/broker/deps.ts";

/** Its address. Rejects when the sandbox does not answer within 10 s. */
export const sandboxUrl = async (deps: Deps): Promise<string> => {
  await deps.broker.waitForServices("sandbox", 10_000, 200);
  const { smtpHost, smtpPort } = await callAction(deps.broker, "sandbox.endpoint", {});
  return `smtp://${smtpHost}:${smtpPort}`;
};
