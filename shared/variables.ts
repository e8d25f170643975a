// The table of environment variables: name, meaning, default, limits, example. README and .env.example are generated
// from it; shared/config.ts reads by it and is the only reader of the environment.
import { isIP } from "node:net";
import { connectionVariables } from "./connection-variables.ts";
import { inboundVariables } from "./inbound-variables.ts";
import { lingerVariables } from "./linger-variables.ts";
import { listOf, oneOf, urlWith, wholeNumber } from "./variable-checks.ts";
import { watchVariables } from "./watch-variables.ts";

export { splitList } from "./variable-checks.ts";

/** Groups that a variable matters to; `all` stands for every one of them. */
export type Group = "all" | "start" | "gateway" | "contacts" | "campaigns" | "email" | "scheduler" | "sandbox" | "test";

export interface Variable {
  readonly name: string;
  readonly meaning: string;
  readonly groups: readonly Group[];
  /** The value when unset, as text; absent means there is none. */
  readonly fallback?: string;
  readonly example?: string;
  readonly secret?: boolean;
  /** Returns what is wrong with the value, or undefined. */
  readonly refuse?: (value: string) => string | undefined;
}

const dnsServer = (value: string): boolean => {
  const [, bracketed, plain, port] =
    /^(?:\[([^\]]+)\]|([^:]+|[^[\]]*:[^[\]]*:[^[\]]*))(?::(\d{1,5}))?$/.exec(value) ?? [];
  return isIP(bracketed ?? plain ?? "") > 0 && Number(port ?? 53) < 65_536;
};

/** Every variable the platform reads. README's table and `.env.example` are generated from it. */
export const variables: readonly Variable[] = [
  {
    name: "PORT",
    meaning: "Port of the gateway; a group on its own serves its health here only when set",
    groups: ["all"],
    example: "3000",
    refuse: wholeNumber(0, 65535),
  },
  ...connectionVariables,
  {
    name: "LC_DATA_DIR",
    meaning: "Folder of the embedded databases, the sandbox's mails and the local keys",
    groups: ["all"],
    fallback: ".data",
  },
  {
    name: "LC_ADMIN_EMAIL",
    meaning: "Email of the first owner",
    groups: ["start", "gateway"],
    fallback: "owner@learning-center.example",
  },
  {
    name: "LC_ADMIN_PASSWORD",
    meaning: "Password of the first owner; generated and printed once when unset",
    groups: ["start", "gateway"],
    secret: true,
    example: "correct horse battery staple",
    refuse: (v) => (v.length >= 10 && v.length <= 128 ? undefined : "10 to 128 characters"),
  },
  {
    name: "LC_SAMPLE",
    meaning:
      "`0`: the first `npm start` with the embedded database leaves out the sample workspace. With `DATABASE_URL` or in production there never is one",
    groups: ["start"],
    fallback: "1",
    refuse: oneOf("0", "1"),
  },
  {
    name: "LC_SECRET_KEYS",
    meaning:
      "Comma-separated keys of at least 32 characters; the first signs, all verify. Made in the data folder locally, required in production",
    groups: ["all"],
    secret: true,
    refuse: listOf((v) => (v.length >= 32 ? undefined : "key of at least 32 characters")),
  },
  {
    name: "LC_EMAIL_PROVIDER",
    meaning: "What sends email: sandbox, smtp, resend or postmark",
    groups: ["email", "campaigns", "gateway", "scheduler"],
    fallback: "sandbox",
    refuse: oneOf("sandbox", "smtp", "resend", "postmark"),
  },
  {
    name: "LC_SMTP_URLS",
    meaning:
      "SMTP servers for LC_EMAIL_PROVIDER=smtp, comma-separated; with several, a mail that one does not take goes to the next",
    groups: ["email"],
    example: "smtps://user:secret@smtp.example.org:465",
    secret: true,
    refuse: listOf(urlWith("smtp", "smtps")),
  },
  {
    name: "LC_SMTP_CONNECTIONS",
    meaning: "SMTP connections per email process, over all servers",
    groups: ["email"],
    fallback: "16",
    refuse: wholeNumber(1, 100),
  },
  {
    name: "RESEND_API_KEY",
    meaning: "Key for LC_EMAIL_PROVIDER=resend",
    groups: ["email"],
    secret: true,
    example: "re_123456789",
  },
  {
    name: "LC_RESEND_URL",
    meaning: "Address of Resend's API; tests set another",
    groups: ["email"],
    fallback: "https://api.resend.com",
    refuse: urlWith("http", "https"),
  },
  {
    name: "POSTMARK_TOKEN",
    meaning: "Server token for LC_EMAIL_PROVIDER=postmark",
    groups: ["email"],
    secret: true,
    example: "00000000-0000-0000-0000-000000000000",
  },
  {
    name: "LC_POSTMARK_STREAM",
    meaning: "Postmark's message stream for bulk mail; single messages go by its stream `outbound`",
    groups: ["email"],
    fallback: "broadcast",
    refuse: (v) => (/^[a-z0-9][a-z0-9_-]{0,29}$/i.test(v) ? undefined : "the id of a stream, such as broadcast"),
  },
  {
    name: "LC_POSTMARK_URL",
    meaning: "Address of Postmark's API; tests set another",
    groups: ["email"],
    fallback: "https://api.postmarkapp.com",
    refuse: urlWith("http", "https"),
  },
  ...inboundVariables,
  {
    name: "PUBLIC_URL",
    meaning:
      "Address under which recipients reach the gateway: links, hooks. `http://localhost:PORT` when unset; production demands https",
    groups: ["all"],
    example: "https://learn.example.org",
    refuse: urlWith("http", "https"),
  },
  {
    name: "LC_WEB_URL",
    meaning: "Address of the web app when it is served elsewhere",
    groups: ["gateway", "scheduler"],
    example: "https://app.example.org",
    refuse: urlWith("http", "https"),
  },
  {
    name: "LC_WEB_ORIGINS",
    meaning: "Origins that may call the API from a browser, comma-separated, matched exactly",
    groups: ["gateway"],
    example: "https://app.example.org",
    refuse: listOf(urlWith("http", "https")),
  },
  {
    name: "LC_TRUSTED_PROXIES",
    meaning: "How many proxies in front of the gateway are ours (whose X-Forwarded-For is believed)",
    groups: ["gateway"],
    fallback: "0",
    refuse: wholeNumber(0, 10),
  },
  {
    name: "LC_RATE_LIMIT",
    meaning: "API requests a minute per user, token or address",
    groups: ["gateway"],
    fallback: "6000",
    refuse: wholeNumber(1, 1_000_000),
  },
  {
    name: "LC_HISTORY_DAYS",
    meaning: "Days that finished jobs, fired schedules and decided dead letters can be looked at",
    groups: ["scheduler"],
    fallback: "14",
    refuse: wholeNumber(1, 365),
  },
  {
    name: "LC_MAX_QUEUED_JOBS",
    meaning: "While so many jobs wait, what would add work is refused with 503; `0`: no limit",
    groups: ["gateway"],
    fallback: "2000000",
    refuse: wholeNumber(0, 100_000_000),
  },
  {
    name: "LC_MAX_QUEUED_MESSAGES",
    meaning: "While so many messages wait to be sent, what would add work is refused with 503; `0`: no limit",
    groups: ["gateway"],
    fallback: "5000000",
    refuse: wholeNumber(0, 100_000_000),
  },
  {
    name: "LC_MAX_QUEUED_EVENTS",
    meaning: "While so many events wait to go to Redis, what would add work is refused with 503; `0`: no limit",
    groups: ["gateway"],
    fallback: "500000",
    refuse: wholeNumber(0, 100_000_000),
  },
  {
    name: "LC_DOMAIN_RATES",
    meaning: "Mails a second to a recipient domain, comma-separated",
    groups: ["email"],
    example: "gmail.com=20,yahoo.com=5",
    refuse: listOf((v) =>
      /^[a-z0-9.-]+=\d+(\.\d+)?$/i.test(v) && Number(v.split("=")[1]) > 0 ? undefined : "domain=number",
    ),
  },
  {
    name: "LC_SEND_ALLOWLIST",
    meaning:
      "Only these addresses and domains get messages (staging). With it, production may also send to the sandbox",
    groups: ["email", "campaigns", "gateway", "scheduler"],
    example: "example.org,me@example.com",
  },
  {
    name: "LC_DNS_SERVERS",
    meaning: "DNS servers that SPF, DKIM and DMARC are looked up with; without it, those of the machine",
    groups: ["email"],
    example: "9.9.9.9,[2620:fe::fe]:53",
    refuse: listOf((v) => (dnsServer(v) ? undefined : "an IP address, with a port if need be")),
  },
  {
    name: "LC_TOKEN",
    meaning:
      "Access token with which `npm run repl` acts; without it, it asks who you are, or beside a local `npm start` is its owner",
    groups: ["start"],
    secret: true,
    example: "lc_…",
  },
  ...watchVariables,
  {
    name: "LC_PROCESSES",
    meaning: "How `npm start` spreads the groups: `folded` into three processes, all in `one`, or `each` on its own",
    groups: ["start"],
    fallback: "folded",
    refuse: oneOf("folded", "one", "each"),
  },
  {
    name: "LC_MIGRATE",
    meaning: "`0`: this process does not bring the schema up to date at start",
    groups: ["all"],
    fallback: "1",
    refuse: oneOf("0", "1"),
  },
  {
    name: "LC_DB_POOL",
    meaning: "Postgres connections per process",
    groups: ["all"],
    fallback: "10",
    refuse: wholeNumber(2, 200),
  },
  {
    name: "LC_SHUTDOWN_SECONDS",
    meaning: "How long a process may drain after SIGTERM",
    groups: ["all"],
    fallback: "20",
    refuse: wholeNumber(1, 600),
  },
  ...lingerVariables,
  {
    name: "LC_LEASE_SECONDS",
    meaning: "How long a process owns a job or message it took, without a sign of life",
    groups: ["all"],
    fallback: "30",
    refuse: wholeNumber(8, 600),
  },
  { name: "CHROME_PATH", meaning: "Chromium for the browser tests", groups: ["test"], example: "/usr/bin/chromium" },
  {
    name: "NODE_ENV",
    meaning: "`production` demands keys, both databases and an https PUBLIC_URL; without a provider nothing is sent",
    groups: ["all"],
    fallback: "development",
    refuse: oneOf("development", "production", "test"),
  },
  { name: "RAILWAY_REPLICA_ID", meaning: "Set by Railway: name of this replica in logs", groups: ["all"] },
  {
    name: "RAILWAY_ENVIRONMENT_NAME",
    meaning: "Set by Railway: the checks at start then know what its plans allow",
    groups: ["all"],
    example: "production",
  },
];
