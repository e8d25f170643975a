// What a process says when an error that nobody caught ends it: where it happened and what kind it was, in one line of the
// log and one report, without the values that Node's own last words would print beside it. Then it ends, and is started anew.
import type { Middleware, ServiceBroker } from "moleculer";
import { redactedStack } from "../lib/redact.ts";
import { flushReports, reportError } from "./report.ts";

/** Broker middleware. Rejections that nobody handles come here too, because Node makes exceptions of them. */
export const lastWordsMiddleware = (): Middleware => {
  let said = false;
  return {
    name: "last-words",
    created(broker: ServiceBroker) {
      process.on("uncaughtException", (error) => {
        // A second one while the report is on its way must not cut it off.
        if (said) return;
        said = true;
        broker.logger.fatal(`the process ends: ${redactedStack(error)}`);
        reportError(error, { kind: "process", name: broker.nodeID });
        void flushReports().finally(() => process.exit(1));
      });
    },
  };
};
