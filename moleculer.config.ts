// Broker options of every process: transporter, log and middlewares; everything else is decided in shared/.
import "./shared/refuse-wrong.ts";

import type { BrokerOptions } from "moleculer";
import { debugMiddleware } from "./shared/broker/debug-log.ts";
import { nodeId, redisUrl } from "./shared/broker/deps.ts";
import { healthMiddleware } from "./shared/broker/health.ts";
import { lastWordsMiddleware } from "./shared/broker/last-words.ts";
import { presenceMiddleware } from "./shared/broker/presence.ts";
import { requestLogMiddleware } from "./shared/broker/request-log.ts";
import { reportingMiddleware } from "./shared/broker/sentry.ts";
import { shutdownMiddleware } from "./shared/broker/shutdown.ts";
import { traceExportMiddleware } from "./shared/broker/trace-export.ts";
import { logFields, tracingMiddleware } from "./shared/broker/tracing.ts";
import { RedisTransporter } from "./shared/broker/transporter.ts";
import { config } from "./shared/config.ts";
import { jobsMiddleware } from "./shared/jobs/middleware.ts";
import { channelsMiddleware, StreamsAdapter } from "./shared/streams/adapter.ts";

const options: BrokerOptions = {
  namespace: "lc",
  nodeID: nodeId(),
  logger: {
    type: "Pino",
    options: {
      pino: {
        options: {
          formatters: { level: (label: string) => ({ level: label }) },
          base: { replica: config.replica },
          mixin: logFields,
        },
      },
    },
  },
  logLevel: config.logLevel as "info",
  // Moleculer's own ends the process some seconds into an outage, or leaves a connection behind with each.
  transporter: new RedisTransporter(redisUrl()),
  skipProcessEventRegistration: true,
  tracking: { enabled: true, shutdownTimeout: config.shutdownSeconds * 500 },
  // Between the goodbye to the others and the end: what they had sent before they heard it is still done.
  registry: { stopDelay: config.production ? 1_000 : 100 },
  requestTimeout: 10_000,
  // A process that was killed says nothing: until its silence is noticed (6 to 12 s), calls still go to it and wait in vain.
  heartbeatInterval: 2,
  heartbeatTimeout: 6,
  middlewares: [
    shutdownMiddleware(),
    lastWordsMiddleware(),
    debugMiddleware(),
    reportingMiddleware(),
    traceExportMiddleware(),
    healthMiddleware(),
    presenceMiddleware(),
    requestLogMiddleware(),
    channelsMiddleware(
      new StreamsAdapter({
        redisUrl: redisUrl(),
        limits: { leaseMs: config.leaseSeconds * 1000 },
        drainMs: config.shutdownSeconds * 500,
      }),
    ),
    jobsMiddleware(),
    tracingMiddleware(),
  ],
};
export default options;
