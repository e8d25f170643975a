// Contracts of the senders service: the accounts that messages are sent from.
import { z } from "zod";
import { action, byId, Done, Id, Instant, listQuery, page } from "./contract.ts";

/** `isPlaceholder`: the one that is there from the start, good for the sandbox only. */
export const SenderAccount = z.object({
  id: Id,
  name: z.string(),
  channel: z.literal("email"),
  fromName: z.string(),
  fromAddress: z.string(),
  replyTo: z.string().nullable(),
  postalAddress: z.string().nullable(),
  ratePerSecond: z.number().nullable(),
  isDefault: z.boolean(),
  isPlaceholder: z.boolean(),
  createdAt: Instant,
  updatedAt: Instant,
});

const line = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\r\n]*$/, "must be one line");
const fields = {
  name: line,
  fromName: line,
  fromAddress: z.string().trim().max(254),
  replyTo: z.string().trim().max(254).nullable().optional(),
  /** Bulk mail must carry it. */
  postalAddress: z.string().trim().min(10).max(500).nullable().optional(),
  /** Messages a second from this account, over all processes; null: no limit. */
  ratePerSecond: z.number().min(0.01).max(10_000).nullable().optional(),
};

export const senders = {
  group: "email",
  actions: {
    list: action({
      summary: "Lists sender accounts",
      permission: "read",
      rest: { method: "GET", path: "/sender-accounts" },
      params: z.strictObject({ ...listQuery }),
      result: page(SenderAccount),
    }),
    get: action({
      summary: "Shows one sender account",
      permission: "read",
      rest: { method: "GET", path: "/sender-accounts/:id" },
      params: byId,
      result: SenderAccount,
    }),
    create: action({
      summary: "Creates a sender account",
      permission: "admin",
      rest: { method: "POST", path: "/sender-accounts", status: 201 },
      params: z.strictObject(fields),
      result: SenderAccount,
    }),
    update: action({
      summary: "Changes a sender account; the placeholder becomes a real one",
      permission: "admin",
      rest: { method: "PATCH", path: "/sender-accounts/:id" },
      params: z.strictObject({
        id: Id,
        ...fields,
        name: fields.name.optional(),
        fromName: fields.fromName.optional(),
        fromAddress: fields.fromAddress.optional(),
      }),
      result: SenderAccount,
    }),
    makeDefault: action({
      summary: "Makes it the account that campaigns and messages are sent from",
      permission: "admin",
      rest: { method: "POST", path: "/sender-accounts/:id/default" },
      params: byId,
      result: SenderAccount,
    }),
    remove: action({
      summary: "Deletes a sender account that is not the default",
      permission: "admin",
      rest: { method: "DELETE", path: "/sender-accounts/:id", status: 204 },
      params: byId,
      result: Done,
    }),
  },
  events: {},
  jobs: {},
} as const;
