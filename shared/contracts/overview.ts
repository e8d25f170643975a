// Contract of the Overview: what was sent and read lately, what waits for somebody, and what happens next.
import { z } from "zod";
import { CampaignStatus } from "./campaigns.ts";
import { Channel } from "./channel.ts";
import { action, GivenInstant, Id, Instant } from "./contract.ts";

/** A stretch of days; opens and clicks are people's, without programs that look into mail. */
const Period = z.object({
  /** Taken by a provider, whatever became of it then. */
  sent: z.number().int(),
  delivered: z.number().int(),
  bounced: z.number().int(),
  failed: z.number().int(),
  opens: z.number().int(),
  clicks: z.number().int(),
});
export type Period = z.infer<typeof Period>;

export const overview = {
  group: "campaigns",
  actions: {
    show: action({
      summary:
        "Sends today by channel, the last seven days against the seven before, what needs attention, what is next",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/overview" },
      params: z.strictObject({
        /** Where the caller's day began; midnight UTC when absent. */
        today: GivenInstant.optional(),
      }),
      result: z.object({
        today: z.array(z.object({ channel: Channel, sent: z.number().int() })),
        days: z.number().int(),
        period: Period,
        previous: Period,
        attention: z.object({
          /** Campaigns that stopped, each with the messages that may have been sent. */
          held: z.array(
            z.object({ id: Id, name: z.string(), reason: z.string().nullable(), unknown: z.number().int() }),
          ),
          /** Single messages that may have been sent. */
          unknownSingles: z.number().int(),
          /** What would make every launch refuse. */
          problems: z.array(z.object({ code: z.string(), message: z.string() })),
        }),
        /** Campaigns that start within 24 hours. */
        next: z.array(z.object({ id: Id, name: z.string(), status: CampaignStatus, at: Instant })),
        firstSteps: z.object({
          /** A single message was asked for, which is what a test mail is. */
          tested: z.boolean(),
          /** A campaign was launched that did not come with the sample workspace. */
          launched: z.boolean(),
        }),
      }),
      timeout: 30_000,
    }),
  },
  events: {},
  jobs: {},
} as const;
