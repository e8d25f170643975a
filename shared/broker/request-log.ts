// One structured line per action that took part in a request: name, milliseconds, outcome, ids. No params, no people.
import type { ActionHandler, Context, Middleware } from "moleculer";
import { errorCode } from "../contracts/errors.ts";
import { redactedStack } from "../lib/redact.ts";
import { note } from "./debug-log.ts";
import { reportError } from "./report.ts";

/** Broker middleware. Expected refusals are debug lines; what nobody foresaw is an error line, once, where it happened. */
export const requestLogMiddleware = (): Middleware =>
  ({
    name: "request-log",
    localAction(next: ActionHandler, action: { name: string }) {
      if (action.name.startsWith("$")) return next;
      return async function logged(this: unknown, ctx: Context) {
        const began = performance.now();
        const line = (outcome: string) => {
          const ms = Math.round((performance.now() - began) * 10) / 10;
          const requestId = (ctx.meta as { requestId?: string }).requestId ?? ctx.requestID ?? undefined;
          note("call", action.name, { ms, result: outcome, ...(requestId ? { requestId } : {}) });
          return { action: action.name, ms, outcome, requestId };
        };
        try {
          const result: unknown = await next.call(this as never, ctx);
          ctx.broker.logger.debug(line("ok"), action.name);
          return result;
        } catch (error) {
          const code = errorCode(error);
          if (code && code !== "INTERNAL_ERROR") ctx.broker.logger.debug(line(code), action.name);
          else if (
            (error as { nodeID?: string }).nodeID === undefined ||
            (error as { nodeID?: string }).nodeID === ctx.nodeID
          ) {
            const failed = line("error");
            ctx.broker.logger.error(failed, `${action.name} failed: ${redactedStack(error)}`);
            reportError(error, { kind: "action", name: action.name, requestId: failed.requestId });
          }
          throw error;
        }
      };
    },
  }) as unknown as Middleware;
