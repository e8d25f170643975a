// Contracts of the upkeep jobs of the job layer. The schedules themselves are in schedules.ts.
import { z } from "zod";
import { job } from "./contract.ts";

export const scheduler = {
  group: "scheduler",
  actions: {},
  events: {},
  jobs: {
    "outbox.sweep": job({ queue: "default", input: z.object({}) }),
    "jobs.prune": job({ queue: "default", input: z.object({}) }),
    "tokens.cleanup": job({ queue: "default", input: z.object({}) }),
  },
} as const;
