// What happened to one person, as one stream: each entry names its kind and carries what that kind has.
import { z } from "zod";
import { Channel } from "./channel.ts";
import { Id, Instant } from "./contract.ts";
import { MessageState } from "./messages.ts";

export const ActivityType = z.enum(["message", "event", "consent", "suppression", "import", "created"]);
export type ActivityType = z.infer<typeof ActivityType>;

export const Activity = z.object({
  /** Of the message, event, consent entry, suppression, import or contact. */
  id: Id,
  type: ActivityType,
  at: Instant,
  channel: Channel.nullable(),
  /** message: how it stands now. */
  state: MessageState.nullable(),
  /** message and suppression: why. */
  reason: z.string().nullable(),
  /** message: what asked for it; `sourceName` is the campaign's name. */
  source: z.string().nullable(),
  sourceId: Id.nullable(),
  sourceName: z.string().nullable(),
  subject: z.string().nullable(),
  address: z.string().nullable(),
  /** event: opened, clicked, replied, complained, unsubscribed, delivered or bounced. consent: granted or revoked.
   *  import: changed when the contact was there before it, and null when it came with it. */
  what: z.string().nullable(),
  /** event and suppression: the message it belongs to. */
  messageId: Id.nullable(),
  url: z.string().nullable(),
  /** consent: ground, and where it is written down. */
  basis: z.string().nullable(),
  evidence: z.string().nullable(),
  /** import: name of the file. */
  fileName: z.string().nullable(),
});
export type Activity = z.infer<typeof Activity>;
