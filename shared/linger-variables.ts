// Variables of leaving: how a process that was told to end does so without anybody noticing.
import { wholeNumber } from "./variable-checks.ts";
import type { Variable } from "./variables.ts";

export const lingerVariables: readonly Variable[] = [
  {
    name: "LC_LINGER_SECONDS",
    meaning:
      "How long the gateway goes on answering after SIGTERM, unready already, so that proxies send the next requests elsewhere; part of LC_SHUTDOWN_SECONDS",
    groups: ["gateway"],
    fallback: "0",
    refuse: wholeNumber(0, 120),
  },
];
