// Contracts of the sandbox: the mailbox that stands in for recipients while no live provider is set, and its faults.
import { z } from "zod";
import { action, authors, Done, Id, Instant, listQuery, page } from "./contract.ts";

/** Mails are numbered in order of arrival; a number is never used twice. */
const MailId = z.string().regex(/^\d{1,15}$/, "is the number of a mail");

export const SandboxMail = z.object({
  id: MailId,
  /** Recipient of the envelope; a list when there are several. */
  to: z.union([z.string(), z.array(z.string())]),
  from: z.string(),
  subject: z.string(),
  /** Name in lower case → value as sent, folded lines joined; values of a repeated header are on lines of their own. */
  headers: z.record(z.string(), z.string()),
  /** Empty when the mail has no such part. */
  html: z.string(),
  text: z.string(),
  receivedAt: Instant,
});
export type SandboxMail = z.infer<typeof SandboxMail>;

export const FaultKind = z.enum(["throttle", "reject", "timeout_after_accept", "slow", "none"]);

const replyCode: Partial<Record<z.infer<typeof FaultKind>, { from: number; to: number; words: string }>> = {
  throttle: { from: 421, to: 499, words: "a temporary reply from 421 to 499" },
  reject: { from: 500, to: 599, words: "a final reply from 500 to 599" },
};

const Probability = z.number().min(0).max(1);
const Count = z.number().int().min(1).max(10_000_000);
const Milliseconds = z.number().int().min(0).max(600_000);
const Target = z.string().trim().min(1).max(320);

/** What to ask for. `code` goes with throttle (454 when absent, 421 ends the connection) and reject (550 when absent). */
export const FaultRequest = z
  .strictObject({
    kind: FaultKind,
    code: z.number().int().optional(),
    /** Chance that a mail meets the fault; 1 when absent. */
    probability: Probability.optional(),
    /** How many times the fault strikes until it is gone; without end when absent. */
    count: Count.optional(),
    /** slow: how late the answer comes (1000 when absent). timeout_after_accept: when the silent connection is dropped (5000). */
    ms: Milliseconds.optional(),
    /** Only these recipients: an address, a domain (`example.org`) or everything below one (`*.example.org`). */
    to: Target.optional(),
  })
  .superRefine((request, context) => {
    if (request.code === undefined) return;
    const allowed = replyCode[request.kind];
    const wanted = allowed?.words ?? "nothing, since this kind sends no reply of its own";
    if (!allowed || request.code < allowed.from || request.code > allowed.to) {
      context.addIssue({ code: "custom", path: ["code"], message: `found ${request.code}, expected ${wanted}` });
    }
  });
export type FaultRequest = z.infer<typeof FaultRequest>;

export const FaultRule = z.object({
  kind: FaultKind,
  code: z.number().int().nullable(),
  probability: Probability,
  /** Strikes left; null: without end. */
  remaining: z.number().int().nullable(),
  ms: z.number().int().nullable(),
  to: z.string().nullable(),
  /** How many times it struck. */
  struck: z.number().int(),
});
export type FaultRule = z.infer<typeof FaultRule>;

const Faults = z.object({ rules: z.array(FaultRule) });

export const sandbox = {
  group: "sandbox",
  actions: {
    listMail: action({
      summary: "Lists the mails that the sandbox received, in order of arrival",
      permission: "read",
      rest: { method: "GET", path: "/sandbox/mail", root: true },
      params: z.strictObject({
        ...listQuery,
        /** Exact recipient address, any case. */
        to: Target.optional(),
        /** Part of the subject, the sender or a recipient, any case. */
        q: z.string().trim().max(200).optional(),
        order: z.enum(["asc", "desc"]).default("asc"),
      }),
      result: page(SandboxMail),
      timeout: 30_000,
    }),
    getMail: action({
      summary: "Shows one mail of the sandbox, with its source",
      permission: "read",
      rest: { method: "GET", path: "/sandbox/mail/:id", root: true },
      params: z.strictObject({ id: MailId }),
      result: SandboxMail.extend({ raw: z.string(), size: z.number().int(), rawTruncated: z.boolean() }),
    }),
    clearMail: action({
      summary: "Empties the sandbox's mailbox",
      permission: "write",
      roles: authors,
      rest: { method: "DELETE", path: "/sandbox/mail", root: true, status: 204 },
      params: z.strictObject({}),
      result: Done,
    }),
    forgetMail: action({
      summary: "Blanks every mail to these addresses, because the person was erased; numbers and places stay",
      permission: "admin",
      params: z.strictObject({
        addresses: z.array(z.string()),
        /** Mails about the person to somebody else, by recipient and message. */
        mails: z.array(z.strictObject({ address: z.string(), messageId: Id })).default([]),
      }),
      result: z.object({ forgotten: z.number().int() }),
      timeout: 60_000,
    }),
    listFaults: action({
      summary: "Shows the faults that the sandbox plays at the moment",
      permission: "read",
      rest: { method: "GET", path: "/sandbox/faults", root: true },
      params: z.strictObject({}),
      result: Faults,
    }),
    setFaults: action({
      summary: "Adds a fault for the sandbox to play; kind `none` ends all of them",
      permission: "write",
      roles: authors,
      rest: { method: "POST", path: "/sandbox/faults", root: true },
      params: FaultRequest,
      result: Faults,
    }),
    endpoint: action({
      summary: "Where the sandbox takes mail, for the email group's provider",
      permission: "none",
      scope: "organisation",
      params: z.strictObject({}),
      result: z.object({ smtpHost: z.string(), smtpPort: z.number().int() }),
    }),
  },
  events: {},
  jobs: {},
} as const;
