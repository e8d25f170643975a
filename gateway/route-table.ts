// Every path under which the gateway answers in a deployment: what a proxy in front of it has to pass on. The web app has
// the rest. A test compares this with the routes of a running gateway.
import { ownOperations } from "./openapi-own.ts";
import { publicActions } from "./operations.ts";

/** Paths with `:name` parts, each once. The debug page is left out: it answers this machine itself only. */
export const gatewayPaths: readonly string[] = [
  ...new Set([
    ...publicActions.map(({ path }) => path),
    ...ownOperations.map(({ path }) => path.replace(/\{(\w+)\}/g, ":$1")),
    // The style sheet of the pages that recipients see.
    "/gateway.css",
  ]),
].sort();
