// Channels, and what a person agreed to on them.
import { z } from "zod";
import { clean } from "./contract.ts";

export const Channel = z.enum(["email", "sms", "call"]);
export type Channel = z.infer<typeof Channel>;

/** What a person agreed to, on which ground, and where that is written down. */
export const ConsentGiven = z.strictObject({
  channels: z.array(Channel).min(1),
  basis: clean(z.string().trim().min(1).max(200)),
  source: clean(z.string().trim().min(1).max(200)),
});
