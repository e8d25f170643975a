// Contracts of the email service: the sender of one channel. The ledger is its queue; the job only wakes it.
import { z } from "zod";
import { action, job } from "./contract.ts";

export const email = {
  group: "email",
  actions: {
    status: action({
      summary: "What this email process is doing: provider, in flight, sent",
      permission: "read",
      params: z.strictObject({}),
      result: z.object({ provider: z.string(), inFlight: z.number().int(), sent: z.number().int() }),
    }),
  },
  events: {},
  jobs: {
    "email.send-batch": job({ queue: "emails", input: z.object({}) }),
  },
} as const;
