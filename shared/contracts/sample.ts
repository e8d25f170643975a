// Contracts of the sample workspace: what a new local installation shows before anybody has brought in people.
import { z } from "zod";
import { action, job } from "./contract.ts";

export const SampleState = z.enum(["none", "present", "removing"]);
export const SampleWorkspace = z.object({
  state: SampleState,
  /** What removing it takes away now. */
  people: z.number().int(),
  segments: z.number().int(),
  /** Tags and communities that people of your own use meanwhile are not counted: they stay. */
  tags: z.number().int(),
  communities: z.number().int(),
});

export const sample = {
  group: "contacts",
  actions: {
    get: action({
      summary: "Whether the sample workspace is there, and what removing it would take away",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/sample" },
      params: z.strictObject({}),
      result: SampleWorkspace,
    }),
    remove: action({
      summary: "Removes everything that came with the sample workspace, also what was changed in it since",
      permission: "admin",
      rest: { method: "DELETE", path: "/sample", status: 202 },
      params: z.strictObject({}),
      result: SampleWorkspace,
    }),
  },
  events: {},
  jobs: {
    "sample.seed": job({ queue: "default", input: z.object({}) }),
    "sample.remove": job({ queue: "default", input: z.object({}) }),
  },
} as const;
