// Who may open a connection to somebody else over HTTP: one guard, and callers of addresses that only the operator chooses.
import type { Rule } from "./rule.ts";

const dialling: Readonly<Record<string, ReadonlySet<string>>> = {
  "node:http": new Set(["default", "*", "request", "get", "Agent"]),
  "node:https": new Set(["default", "*", "request", "get", "Agent"]),
  "node:http2": new Set(["default", "*", "connect"]),
  "node:net": new Set(["default", "*", "connect", "createConnection", "Socket"]),
  "node:tls": new Set(["default", "*", "connect", "TLSSocket"]),
};

/** Paths whose addresses come from the environment or from the command line, never from a request. */
const operatorsOwn = [/^shared\/outbound\/call\.ts$/, /^services\/email\/providers\//, /^shared\/broker\/repl\//];

/** Requests to others go through shared/outbound, so that nobody sends us into our own network. */
export const outbound: Rule = {
  name: "only shared/outbound calls addresses that somebody else chose",
  check: ({ path, nodes, imports, lineOf }) => {
    if (!/^(shared|services|gateway)\//.test(path) || operatorsOwn.some((own) => own.test(path))) return [];
    // The debug page's script is a text that runs in a browser.
    const called = nodes.filter(
      ({ type, callee }) =>
        type === "CallExpression" &&
        (callee as { type?: string; name?: string }).type === "Identifier" &&
        (callee as { name?: string }).name === "fetch",
    );
    const message = "opens a connection by itself; use callOutside of shared/outbound";
    return [
      ...called.map((node) => ({ line: lineOf(node), message })),
      ...imports
        .filter(({ specifier, typeOnly, names }) => !typeOnly && names.some((name) => dialling[specifier]?.has(name)))
        .map(({ line }) => ({ line, message })),
    ];
  },
};
