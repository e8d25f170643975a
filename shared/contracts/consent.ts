// Contracts of the consent service: the consent ledger and suppressed addresses.
import { z } from "zod";
import { Channel } from "./channel.ts";
import { action, byId, CsvPiece, clean, Done, Id, Instant, listQuery, managers, page } from "./contract.ts";

export const Suppression = z.object({
  id: Id,
  channel: Channel,
  /** Null when the person was erased: only a keyed hash of the address is kept. */
  address: z.string().nullable(),
  reason: z.string(),
  /** The message that it came from, where one did. */
  messageId: Id.nullable(),
  createdAt: Instant,
});
export const ConsentEntry = z.object({
  id: Id,
  channel: Channel,
  topic: z.string(),
  state: z.enum(["granted", "revoked"]),
  basis: z.string().nullable(),
  source: z.string().nullable(),
  wording: z.string().nullable(),
  ip: z.string().nullable(),
  at: Instant,
});
const suppressionFilter = {
  channel: Channel.optional(),
  q: clean(z.string().trim().max(320)).optional(),
  reason: clean(z.string().max(50)).optional(),
};

export const consent = {
  group: "contacts",
  actions: {
    listSuppressions: action({
      summary: "Lists suppressed addresses",
      permission: "read",
      rest: { method: "GET", path: "/suppressions" },
      params: z.strictObject({ ...listQuery, ...suppressionFilter }),
      result: page(Suppression),
    }),
    suppressionsCsv: action({
      summary:
        "The suppressed addresses as CSV with reason, time and message. Erased people are lines without an address",
      permission: "read",
      roles: managers,
      rest: { method: "GET", path: "/suppressions.csv", produces: "text/csv" },
      params: z.strictObject({ ...suppressionFilter, cursor: listQuery.cursor }),
      result: CsvPiece,
    }),
    suppressionsOf: action({
      summary: "What suppresses the addresses of one contact, on every channel",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/contacts/:id/suppressions" },
      params: byId,
      result: z.object({ data: z.array(Suppression) }),
    }),
    suppress: action({
      summary:
        "Suppresses an address: nothing more is sent to it on this channel. Suppressing it again answers the first entry",
      permission: "write",
      scope: "community",
      rest: { method: "POST", path: "/suppressions", status: 201 },
      params: z.strictObject({
        channel: Channel,
        address: clean(z.string().trim().min(3).max(320)),
        reason: z.enum(["manual", "hard_bounce", "complaint", "unsubscribed", "stop"]).default("manual"),
      }),
      result: Suppression,
    }),
    unsuppress: action({
      summary: "Lifts a suppression; where the person had unsubscribed before, that stays and can be lifted next",
      permission: "write",
      scope: "community",
      rest: { method: "DELETE", path: "/suppressions/:id", status: 204 },
      params: byId,
      result: Done,
    }),
    ledger: action({
      summary: "The consent ledger of one contact, newest first",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/contacts/:id/consents" },
      params: z.strictObject({ id: Id, ...listQuery }),
      result: page(ConsentEntry),
    }),
    record: action({
      summary: "Records that a contact granted or revoked consent",
      permission: "write",
      scope: "community",
      rest: { method: "POST", path: "/contacts/:id/consents", status: 201 },
      params: z.strictObject({
        id: Id,
        channels: z.array(Channel).min(1),
        state: z.enum(["granted", "revoked"]),
        basis: clean(z.string().trim().min(1).max(200)),
        source: clean(z.string().trim().min(1).max(200)),
        wording: clean(z.string().max(2000)).optional(),
      }),
      result: z.object({ recorded: z.number().int() }),
    }),
  },
  events: {},
  jobs: {},
} as const;
