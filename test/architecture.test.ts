// The house's rules, each held against the whole project and shown to catch an example of what it forbids.
import { expect, it } from "vitest";
import { importsOf } from "../railway/tree.ts";
import {
  contractFindings,
  jobsWithoutHandler,
  migrationFindings,
  runnerOverrides,
} from "./architecture/contract-rules.ts";
import { homes } from "./architecture/homes.ts";
import { environment, layering, packagesAtHome, vendorsElsewhere } from "./architecture/import-rules.ts";
import { findings, findingsIn, manifest, projectFiles, projectSources, type Rule } from "./architecture/rule.ts";
import { schemaOwners, sqlRooms } from "./architecture/sql-rules.ts";
import * as style from "./architecture/style-rules.ts";

type Example = readonly [path: string, text: string];
interface Held {
  readonly rule: Rule;
  readonly forbids: readonly Example[];
  readonly permits: readonly Example[];
}

const lines = (count: number) => `// What it is for.\n${"export const one = 1;\n".repeat(count - 1)}`;

const held: readonly Held[] = [
  {
    rule: layering,
    forbids: [
      ["shared/contracts/tags.ts", 'import { config } from "../config.ts";'],
      ["shared/contracts/tags.ts", 'import { phone } from "../lib/phone.ts";'],
      ["shared/lib/phone.ts", 'import type { Contact } from "../contracts/contacts.ts";'],
      ["shared/jobs/relay.ts", 'import { sender } from "../../services/email/deliver.ts";'],
      ["shared/jobs/relay.ts", 'export * from "../../gateway/router.ts";'],
      ["shared/broker/health.ts", 'const late = await import("../../services/email/deliver.ts");'],
      ["services/email/deliver.ts", 'import { listContacts } from "../contacts/contacts/store.ts";'],
      ["services/email/deliver.ts", 'import type { Gateway } from "../../gateway/assemble.ts";'],
      ["gateway/routes/api.ts", 'import { launch } from "../../services/campaigns/campaigns/launch.ts";'],
      ["web/src/words.ts", 'import { MessageState } from "../../shared/contracts/messages.ts";'],
      ["web/src/words.ts", 'import { type MessageState } from "../../shared/contracts/messages.ts";'],
      ["web/src/words.ts", 'import type { Config } from "../../shared/config.ts";'],
    ],
    permits: [
      ["shared/contracts/campaigns.ts", 'import { Channel } from "./contacts.ts";'],
      [
        "services/email/deliver.ts",
        'import { config } from "../../shared/config.ts"; import { smtp } from "./providers/smtp.ts";',
      ],
      ["web/src/words.ts", 'import type { MessageState } from "../../shared/contracts/messages.ts";'],
    ],
  },
  {
    rule: packagesAtHome,
    forbids: [
      ["services/email/deliver.ts", 'import nodemailer from "nodemailer";'],
      ["services/email/deliver.ts", 'import type { Transporter } from "nodemailer";'],
      ["services/email/deliver.ts", 'import SMTPConnection from "nodemailer/lib/smtp-connection";'],
      ["services/email/deliver.ts", 'import MailComposer from "nodemailer/lib/mail-composer";'],
      ["services/sms/deliver.ts", 'import twilio from "twilio";'],
      ["services/contacts/contacts/store.ts", 'import knex from "knex";'],
      ["shared/jobs/relay.ts", 'import type { Knex } from "knex";'],
      ["web/src/form.ts", 'import { z } from "zod";'],
      ["services/email/deliver.ts", 'const { Client } = require("pg");'],
    ],
    permits: [
      ["services/email/providers/smtp.ts", 'import SMTPConnection from "nodemailer/lib/smtp-connection";'],
      ["services/email/mime.ts", 'import MailComposer from "nodemailer/lib/mail-composer";'],
      ["shared/jobs/relay.ts", 'import type { Redis } from "ioredis"; import { join } from "node:path";'],
      ["test/bench/campaign/peer.ts", 'import { Worker } from "bullmq";'],
    ],
  },
  {
    rule: environment,
    forbids: [
      ["services/email/deliver.ts", "const port = process.env.PORT;"],
      ["services/email/deliver.ts", 'const env = globalThis.process ? process["env"] : {};'],
      ["gateway/router.ts", "const { env } = process;"],
      ["gateway/router.ts", 'import { env } from "node:process";'],
    ],
    permits: [
      ["shared/config.ts", "const port = process.env.PORT;"],
      ["gateway/router.ts", 'const words = "process.env.PORT"; // process.env'],
    ],
  },
  {
    rule: sqlRooms,
    forbids: [
      ["services/contacts/contacts/get-contact.ts", 'await deps.db.raw("select 1");'],
      ["services/contacts/contacts/get-contact.ts", 'await trx("contacts.tags").insert({ name });'],
      ["services/contacts/contacts/get-contact.ts", "await deps.db.select(columns).from(table);"],
      ["services/contacts/contacts/get-contact.ts", 'import { query, type Sql } from "../../../shared/db/knex.ts";'],
      ["services/contacts/contacts/get-contact.ts", "const text = `update contacts.contacts set name = ?`;"],
      ["gateway/router.ts", 'await run("delete from accounts.users where id = ?");'],
      ["shared/broker/health.ts", 'const text = "where exists (select 1 from jobs.jobs)";'],
    ],
    permits: [
      ["services/contacts/contacts/store.ts", 'export const all = (sql) => sql.raw("select * from contacts.tags");'],
      ["gateway/accounts/token-store.ts", 'export const all = (db) => db.raw("select 1 from accounts.users");'],
      ["services/contacts/contacts/get-contact.ts", "await deps.db.transaction((trx) => lock(trx, id));"],
      ["services/sandbox/get-mail.ts", 'const mails = store.raw(entries); say("Select a mail from the list");'],
    ],
  },
  {
    rule: schemaOwners,
    forbids: [
      ["services/campaigns/campaigns/store.ts", 'query(sql, "insert into messaging.messages (id) values (?)");'],
      ["services/campaigns/campaigns/store.ts", 'query(sql, "select id from contacts.contacts");'],
      ["services/campaigns/campaigns/store.ts", `const T = "contacts.contacts"; query(sql, \`select id from \${T}\`);`],
      ["services/scheduler/store.ts", 'trx("jobs.jobs").delete();'],
      ["shared/messaging/outcomes.ts", 'query(sql, "delete from consent.suppressions");'],
      ["gateway/accounts/store.ts", 'query(sql, "select 1 from a join consent.current c on true");'],
    ],
    permits: [
      ["services/campaigns/campaigns/store.ts", 'query(sql, "select id from contacts.v_contacts");'],
      [
        "services/campaigns/campaigns/store.ts",
        'query(sql, "update campaigns.campaigns set name = ?"); call("contacts.list");',
      ],
      ["shared/messaging/claim.ts", 'query(sql, "select 1 from consent.current");'],
    ],
  },
  {
    rule: style.fileLength,
    forbids: [
      ["gateway/router.ts", lines(301)],
      ["test/unit/router.test.ts", lines(401)],
    ],
    permits: [
      ["gateway/router.ts", lines(300)],
      ["test/unit/router.test.ts", lines(400)],
    ],
  },
  {
    rule: style.fileNames,
    forbids: [
      ["gateway/routerTable.ts", ""],
      ["gateway/Router.ts", ""],
      ["gateway/utils.ts", ""],
      ["shared/lib/string-utils/types.ts", ""],
      ["shared/helpers/phone.ts", ""],
      ["test/unit/common.test.ts", ""],
    ],
    permits: [
      ["gateway/rate-limit.ts", ""],
      ["shared/db/migrations/0001_contacts.ts", ""],
      ["test/helpers/infrastructure.ts", ""],
    ],
  },
  {
    rule: style.openingComment,
    forbids: [
      ["gateway/router.ts", "export const one = 1;\n"],
      ["gateway/router.ts", "\nexport const one = 1; // one\n"],
      ["gateway/router.ts", `${"// Why.\n".repeat(6)}export const one = 1;\n`],
    ],
    permits: [
      ["gateway/router.ts", "// Finds the handler of a request.\nexport const one = 1;\n"],
      ["scripts/start.ts", "#!/usr/bin/env node\n/* Starts. */\nexport const one = 1;\n"],
    ],
  },
  {
    rule: style.noDefaultExport,
    forbids: [
      ["gateway/router.ts", "export default () => 1;"],
      ["gateway/router.ts", "const one = 1; export { one as default };"],
    ],
    permits: [
      ["services/email/email.service.ts", "export default {};"],
      ["web/vite.config.ts", "export default {};"],
      ["test/helpers/small.ts", 'export const text = "export default {}";'],
    ],
  },
  {
    rule: style.erasable,
    forbids: [
      ["gateway/router.ts", "export const one = (input: any) => input;"],
      ["gateway/router.ts", "export enum State { One }"],
      ["gateway/router.ts", "export class Route { constructor(readonly path: string) {} }"],
      ["gateway/router.ts", "// biome-ignore lint/suspicious/noExplicitAny:\nexport const one: any = 1;"],
    ],
    permits: [
      ["gateway/router.ts", 'export const any = "any"; export const one = (input: unknown) => input;'],
      [
        "gateway/router.ts",
        "// biome-ignore lint/suspicious/noExplicitAny: JSON of unknown shape\nexport const one: any = 1;",
      ],
    ],
  },
  {
    rule: style.injectedTime,
    forbids: [
      ["services/email/deliver.ts", "const at = Date.now();"],
      ["services/email/deliver.ts", "const at = new Date();"],
      ["services/email/deliver.ts", "const id = randomUUID();"],
    ],
    permits: [["services/email/deliver.ts", "const at = deps.clock.now(); const then = new Date(text);"]],
  },
];

const sources = projectSources();

for (const { rule, forbids, permits } of held) {
  it(`holds that ${rule.name}`, () => {
    expect(findings(rule, sources)).toEqual([]);
  });

  it(`would notice if not: ${rule.name}`, () => {
    for (const [path, text] of forbids)
      expect(findingsIn(rule, path, text), `${path}: ${text.slice(0, 120)}`).not.toEqual([]);
    for (const [path, text] of permits) expect(findingsIn(rule, path, text)).toEqual([]);
  });
}

it("gives every file and folder a name that says something", () => {
  expect(projectFiles().map(style.vagueName).filter(Boolean)).toEqual([]);
});

it("keeps vendors in folders named providers, and lists no package that is not installed", () => {
  expect(vendorsElsewhere()).toEqual([]);
  const { dependencies, devDependencies } = manifest();
  expect(Object.keys(homes).filter((name) => !(name in dependencies) && !(name in devDependencies))).toEqual([]);
});

it("runs on what a deployment installs: nothing but tests imports a development package", () => {
  const { dependencies } = manifest();
  const atRunTime = sources.filter(({ path }) => /^(gateway|services|shared|scripts|web\/src)\/|^moleculer/.test(path));
  const missing = atRunTime.flatMap(({ path, imports }) =>
    imports.flatMap((found) =>
      found.package && !found.typeOnly && !(found.package in dependencies) ? [`${path}: ${found.specifier}`] : [],
    ),
  );
  expect(missing).toEqual([]);
});

it("lets the deployment see every import at run time that the parser sees", () => {
  const missed = sources
    .filter(({ path }) => /^(gateway|services|shared|scripts)\/|^moleculer/.test(path))
    .flatMap(({ path, text, imports }) =>
      imports.flatMap(({ file, typeOnly }) =>
        file && !typeOnly && !importsOf(path, text).includes(file) ? [`${path}: ${file}`] : [],
      ),
    );
  expect(missed).toEqual([]);
});

it("answers every action that the contracts publish, and describes it in the API's description", () => {
  expect(contractFindings()).toEqual([]);
});

it("has a handler for every job of the contracts, in the group that owns it", () => {
  expect(jobsWithoutHandler(sources)).toEqual([]);
  const none = sources.filter(({ path }) => path !== "services/email/email.service.ts");
  expect(jobsWithoutHandler(none)).toEqual(["email.send-batch: no defineJob below services/email/"]);
});

it("numbers its migrations without gaps, in the order in which they run", () => {
  expect(migrationFindings(["0001_a", "0002_b"], ["0001_a", "0002_b"])).toEqual([]);
  expect(migrationFindings(["0001_a", "0003_b"], ["0001_a", "0003_b"])).not.toEqual([]);
  expect(migrationFindings(["0001_a", "0002_b"], ["0001_a"])).not.toEqual([]);
  expect(migrationFindings()).toEqual([]);
});

it("has no variable that moleculer-runner would take for a broker option", () => {
  const taken = ["LOGLEVEL", "CACHER", "NAMESPACE", "TRANSPORTER_OPTIONS_PORT", "SERVICES", "MOL_ANY"];
  expect(runnerOverrides(sources, [...taken, "LC_LOG_LEVEL"])).toEqual(taken);
  expect(runnerOverrides(sources)).toEqual([]);
});
