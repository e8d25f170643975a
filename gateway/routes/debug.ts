// The debug page of `npm run dev`: what just happened in all processes. Its routes exist only with LC_DEBUG=1, which
// production refuses, and answer only to this machine: it shows how every request works inside.
import { type DebugEntry, entriesAction } from "../../shared/broker/debug-log.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { isDirectLocal } from "../../shared/broker/direct-local.ts";
import { type Exchange, sendText } from "../exchange.ts";
import { asPage } from "../headers.ts";
import type { OwnRoute } from "../operations.ts";
import { debugScript, renderDebug } from "../pages/debug.ts";
import { notFound } from "../problem.ts";

const patienceMs = 1_500;

/** Entries of every process that answers, newest first. */
const collect = async (deps: Deps): Promise<{ entries: DebugEntry[]; silent: string[] }> => {
  const nodes = deps.broker.registry.getNodeList({ onlyAvailable: true }) as {
    id: string;
    client?: { type?: string };
  }[];
  const answers = await Promise.allSettled(
    nodes.map(({ id }) =>
      deps.broker.call<DebugEntry[], object>(entriesAction, {}, { nodeID: id, timeout: patienceMs }),
    ),
  );
  return {
    entries: answers
      .flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []))
      .sort((a, b) => b.at - a.at),
    silent: nodes.filter((_, index) => answers[index]?.status === "rejected").map(({ id }) => id),
  };
};

const local = (exchange: Exchange): void => {
  if (!isDirectLocal(exchange.req)) throw notFound(exchange.path);
  exchange.res.setHeader("cache-control", "no-store");
};

/** The page and its script. */
export const debugRoutes = (deps: Deps): readonly OwnRoute[] => [
  {
    method: "GET",
    path: "/debug",
    permission: undefined,
    handle: async (exchange) => {
      local(exchange);
      const { request } = exchange.query;
      const { entries, silent } = await collect(deps);
      const page = renderDebug(entries, silent, typeof request === "string" && request !== "" ? request : undefined);
      asPage(exchange, "page with scripts");
      sendText(exchange, 200, "text/html; charset=utf-8", page);
    },
  },
  {
    method: "GET",
    path: "/debug/refresh.js",
    permission: undefined,
    handle: (exchange) => {
      local(exchange);
      sendText(exchange, 200, "text/javascript; charset=utf-8", debugScript);
    },
  },
];
