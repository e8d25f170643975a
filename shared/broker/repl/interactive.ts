// The prompt: a node of the running system without services, with moleculer-repl's stock commands and our own. What
// changes something goes through the API, also by a raw `call`: there is no way past the guard and the audit log.
import { hostname } from "node:os";
import { type Middleware, ServiceBroker } from "moleculer";
import startRepl from "moleculer-repl";
import { RedisTransporter } from "../transporter.ts";
import { type Api, ReplError, type Row } from "./api.ts";
import { callAction } from "./call-action.ts";
import { firstWords, helpOf, runCommand } from "./run-command.ts";

const refuseEvent = (name: string): void => {
  process.stdout.write(
    `${name} is not sent: an event from here would pass by the guard and the audit log. Events come of acts, see \`help\`.\n`,
  );
};

/** Leads calls over the API; what Moleculer asks and tells for itself (`$node.list`) stays as it is. */
const guarded = (api: Api): Middleware => {
  const events =
    (next: (name: string, ...rest: unknown[]) => unknown) =>
    (name: string, ...rest: unknown[]) => {
      if (!name.startsWith("$")) throw refuseEvent(name);
      return next(name, ...rest);
    };
  const hooks = {
    name: "repl-guard",
    call:
      (next: (name: string, params?: unknown, options?: unknown) => unknown) =>
      async (name: string, params?: unknown, options?: { readonly nodeID?: string }) => {
        if (name.startsWith("$")) return next(name, params, options);
        if (options?.nodeID) throw new ReplError("Calls go through the gateway, which chooses the node; use `call`.");
        return callAction(api, name, (params ?? {}) as Row);
      },
    emit: events,
    broadcast: events,
    stopping: () => api.close(),
  };
  // A border: Moleculer's own type of these hooks knows no wrapper that is not generic.
  return hooks as unknown as Middleware;
};

const shown = (error: unknown): string =>
  error instanceof ReplError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);

/** Joins the running system and opens the prompt. Resolves when the prompt is there; Ctrl-D ends the process. */
export const openPrompt = async (api: Api, redisUrl: string): Promise<void> => {
  const broker = new ServiceBroker({
    namespace: "lc",
    nodeID: `repl-${hostname()}-${process.pid}`,
    logger: { type: "Console", options: { level: "warn" } },
    transporter: new RedisTransporter(redisUrl),
    skipProcessEventRegistration: true,
    heartbeatInterval: 2,
    heartbeatTimeout: 6,
    middlewares: [guarded(api)],
  });
  await broker.start();
  const own = firstWords
    .filter((word) => word !== "call")
    .map((word) => ({
      command: word,
      description:
        helpOf(word)
          .split("\n")[0]
          ?.replace(/^.*? {2,}/, "") ?? "",
      allowUnknownOptions: true,
      options: [],
      parse(this: unknown, command: { params: unknown; parent: { rawArgs: readonly string[] } }) {
        command.params = { words: command.parent.rawArgs.slice(2) };
      },
      async action(_broker: unknown, { words }: { words: readonly string[] }) {
        try {
          process.stdout.write(`${await runCommand(api, words)}\n`);
        } catch (error) {
          process.stdout.write(`${shown(error)}\n`);
        }
      },
    }));
  // A border: its types ask for every option, and name the parser's context as a class.
  startRepl(broker, { delimiter: "lc $", customCommands: own as never });
};
