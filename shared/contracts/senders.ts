// Contracts of the senders service: the accounts that messages are sent from, their test mails and DNS records.
import { z } from "zod";
import { action, byId, Done, Id, Instant, job, listQuery, page } from "./contract.ts";

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
  dailyLimit: z.number().int().nullable(),
  dkimSelector: z.string().nullable(),
  /** When the last test mail was tried; null: never. */
  testedAt: Instant.nullable(),
  /** Whether the server took it. */
  testOk: z.boolean().nullable(),
  /** What the server said to it, word for word, or what went wrong before it could. */
  testAnswer: z.string().nullable(),
  isDefault: z.boolean(),
  isPlaceholder: z.boolean(),
  createdAt: Instant,
  updatedAt: Instant,
});

/** One line of the conversation with a server. `ms`: milliseconds since the test began. */
export const SaidLine = z.object({
  server: z.string(),
  from: z.enum(["us", "server"]),
  text: z.string(),
  ms: z.number().int(),
});
export type SaidLine = z.infer<typeof SaidLine>;

export const SenderTest = z.object({
  /** Its row in the ledger. */
  messageId: Id,
  to: z.string(),
  /**
   * `accepted`: the server took it; `refused`: it said no; `failed`: it was never asked; `no_answer`: handed over, and no
   * answer came; `skipped`: the address gets nothing from here; `waiting`: still under way after 20 seconds.
   */
  outcome: z.enum(["accepted", "refused", "failed", "no_answer", "skipped", "waiting"]),
  /** The server, by the name that the ledger uses: `smtp:mail.example.org`, `resend`. */
  server: z.string().nullable(),
  /** What it said in the end, word for word. */
  answer: z.string().nullable(),
  /** The whole conversation, without passwords. */
  transcript: z.array(SaidLine),
  tookMs: z.number().int().nullable(),
  meaning: z.string(),
  todo: z.string().nullable(),
  at: Instant,
});
export type SenderTest = z.infer<typeof SenderTest>;

export const DnsRecord = z.object({ host: z.string(), type: z.enum(["TXT", "CNAME"]), value: z.string() });
export type DnsRecord = z.infer<typeof DnsRecord>;
export const DnsCheck = z.object({
  name: z.enum(["spf", "dkim", "dmarc"]),
  /** `unknown`: the DNS gave no answer, or what is needed to ask it is not known. */
  status: z.enum(["ok", "warning", "missing", "error", "unknown"]),
  /** Where was looked: `_dmarc.example.org`. */
  host: z.string().nullable(),
  /** The records that stand there. */
  found: z.array(z.string()),
  /** The record to publish; null where there is nothing to do or only the provider knows it. */
  expected: DnsRecord.nullable(),
  explanation: z.string(),
  todo: z.string().nullable(),
});
export type DnsCheck = z.infer<typeof DnsCheck>;
export const DnsReport = z.object({
  domain: z.string(),
  checkedAt: Instant,
  /** What holds for all of it, such as a domain that nobody owns; null: nothing special. */
  note: z.string().nullable(),
  checks: z.array(DnsCheck),
});
export type DnsReport = z.infer<typeof DnsReport>;

export const SendingSetup = z.object({
  provider: z.enum(["sandbox", "smtp", "resend", "postmark"]),
  /** Where mail goes, without names and passwords. */
  servers: z.array(z.object({ name: z.string(), address: z.string(), encryption: z.string(), signsIn: z.boolean() })),
  /** The vendor's key with all but its ends hidden. */
  key: z.string().nullable(),
  /** Message stream of bulk mail, where the vendor has them. */
  stream: z.string().nullable(),
  publicUrl: z.string(),
  /** Addresses and domains that alone get mail; empty: everybody may. */
  allowlist: z.array(z.string()),
  domainRates: z.array(z.object({ domain: z.string(), perSecond: z.number() })),
});
export type SendingSetup = z.infer<typeof SendingSetup>;

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
  /** Messages a calendar day (UTC) from this account, over all processes; null: no limit. */
  dailyLimit: z.number().int().min(1).max(100_000_000).nullable().optional(),
  /** Where this domain's DKIM keys stand, comma-separated: `s1` for `s1._domainkey.example.org`. */
  dkimSelector: z
    .string()
    .trim()
    .toLowerCase()
    .max(300)
    .regex(
      /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?(\s*,\s*[a-z0-9]([a-z0-9._-]*[a-z0-9])?){0,4}$/,
      "expected one to five selectors such as s1, separated by commas",
    )
    .nullable()
    .optional(),
};

export const senders = {
  group: "email",
  actions: {
    list: action({
      summary: "Lists sender accounts",
      permission: "read",
      scope: "organisation",
      rest: { method: "GET", path: "/sender-accounts" },
      params: z.strictObject({ ...listQuery }),
      result: page(SenderAccount),
    }),
    get: action({
      summary: "Shows one sender account",
      permission: "read",
      scope: "organisation",
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
    test: action({
      summary: "Sends a test mail from the account and shows the server's answer word for word (5 a minute per person)",
      permission: "send",
      scope: "community",
      rest: { method: "POST", path: "/sender-accounts/:id/test" },
      params: z.strictObject({
        id: Id,
        /** Your own address when absent. */
        to: z.string().trim().min(3).max(320).optional(),
      }),
      result: SenderTest,
      timeout: 25_000,
    }),
    dns: action({
      summary: "Looks up SPF, DKIM and DMARC of the account's domain, with what to publish",
      permission: "read",
      scope: "organisation",
      rest: { method: "GET", path: "/sender-accounts/:id/dns" },
      params: byId,
      result: DnsReport,
      timeout: 25_000,
    }),
    setup: action({
      summary: "What the environment configures for sending: provider, servers and limits, without secrets",
      permission: "read",
      scope: "organisation",
      rest: { method: "GET", path: "/sending" },
      params: z.strictObject({}),
      result: SendingSetup,
    }),
  },
  events: {},
  jobs: {
    "sender.test": job({ queue: "emails", input: z.object({ messageId: Id, accountId: Id }) }),
  },
} as const;
