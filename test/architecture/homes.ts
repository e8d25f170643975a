// Where each package may be imported. One vendor, one room: a package that is not listed here may be imported nowhere,
// so a new one is met by the question which room it belongs to. A folder ends with a slash. Types may be imported
// anywhere, except those of vendors and of knex. Test and bench files may import any package.

/** Packages that talk to somebody else's service; their homes are folders named providers. */
export const vendors: ReadonlySet<string> = new Set(["nodemailer"]);
/** Packages whose types, too, stay at home. */
export const typesStayHome: ReadonlySet<string> = new Set([...vendors, "knex", "pg"]);

/**
 * Pure parts of vendor packages: they compute and reach nobody. The composer lays out a campaign's MIME once, the other
 * two encode the holes that are filled per person.
 */
export const pureParts: Readonly<Record<string, readonly string[]>> = {
  "nodemailer/lib/mail-composer": ["services/email/mime.ts"],
  "nodemailer/lib/mime-funcs": ["services/email/mime.ts"],
  "nodemailer/lib/qp": ["services/email/mime.ts"],
};

export const homes: Readonly<Record<string, readonly string[]>> = {
  "@electric-sql/pglite": ["scripts/embedded-postgres.ts"],
  "@electric-sql/pglite-pgvector": ["scripts/embedded-postgres.ts"],
  "@fontsource-variable/inter": ["web/"],
  "@mantine/core": ["web/"],
  "@mantine/hooks": ["web/"],
  "@mantine/notifications": ["web/"],
  "@mantine/spotlight": ["web/"],
  "@moleculer/channels": ["shared/streams/"],
  "@node-rs/argon2": ["gateway/accounts/passwords.ts"],
  "@opentelemetry/api": ["shared/"],
  "@opentelemetry/context-async-hooks": ["shared/broker/"],
  "@opentelemetry/exporter-trace-otlp-http": ["shared/broker/"],
  "@opentelemetry/resources": ["shared/broker/"],
  "@opentelemetry/sdk-trace": ["shared/broker/"],
  "@sentry/node": ["shared/broker/"],
  "@tanstack/react-query": ["web/"],
  "@tanstack/react-router": ["web/"],
  "@tanstack/react-table": ["web/"],
  "@tanstack/react-virtual": ["web/"],
  "@vitejs/plugin-react": ["web/vite.config.ts"],
  "age-encryption": ["shared/backup/", "scripts/restore/"],
  "@aws-sdk/client-s3": ["shared/backup/"],
  "@aws-sdk/lib-storage": ["shared/backup/"],
  busboy: ["gateway/routes/imports.ts"],
  "cron-parser": ["services/scheduler/"],
  "csv-parse": ["services/contacts/imports/", "web/src/screens/imports/"],
  diff: ["web/"],
  helmet: ["gateway/headers.ts"],
  "html-to-text": ["shared/messaging/"],
  htmlparser2: ["shared/messaging/"],
  "iconv-lite": ["services/contacts/imports/"],
  imapflow: ["services/email/inbound/"],
  "ipaddr.js": ["shared/outbound/"],
  ioredis: ["shared/streams/connections.ts"],
  knex: ["shared/db/"],
  libmime: ["services/sandbox/"],
  "libphonenumber-js": ["shared/lib/phone.ts"],
  mailparser: ["services/sandbox/", "services/email/inbound/"],
  mjml: ["services/campaigns/templates/"],
  "sanitize-html": ["services/campaigns/templates/"],
  moleculer: ["shared/broker/"],
  "moleculer-db": ["shared/db/"],
  "moleculer-repl": ["shared/broker/", "scripts/"],
  "moleculer-web": ["gateway/"],
  "node-schedule": ["services/scheduler/"],
  nodemailer: ["services/email/providers/"],
  otpauth: ["gateway/accounts/"],
  "pg-copy-streams": ["shared/backup/"],
  railway: ["railway/"],
  uqr: ["web/"],
  pg: ["scripts/start/postgres.ts"],
  "prom-client": ["shared/broker/"],
  "rate-limiter-flexible": ["gateway/", "services/email/senders/"],
  react: ["web/"],
  "react-dom": ["web/"],
  "react-hook-form": ["web/"],
  "smtp-server": ["services/sandbox/"],
  uuid: ["shared/lib/ids.ts", "shared/lib/id-batch.ts"],
  vite: ["web/vite.config.ts", "web/stamp.ts"],
  vitest: ["vitest.config.ts"],
  uplot: ["web/"],
  zod: ["shared/contracts/", "gateway/openapi.ts"],
};
