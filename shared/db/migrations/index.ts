// All migrations in order. A number is never reused; what has shipped is never edited.
import type { Migration } from "../migrate.ts";
import { contacts } from "./0001_contacts.ts";
import { consent } from "./0002_consent.ts";
import { campaigns } from "./0003_campaigns.ts";
import { messaging } from "./0004_messaging.ts";
import { jobs } from "./0005_jobs.ts";
import { scheduler } from "./0006_scheduler.ts";
import { accounts } from "./0007_accounts.ts";
import { sample } from "./0008_sample.ts";
import { sending } from "./0009_sending.ts";
import { webhooks } from "./0010_webhooks.ts";
import { templates } from "./0011_templates.ts";
import { importsUndo } from "./0012_imports.ts";
import { people } from "./0013_people.ts";
import { activity } from "./0014_activity.ts";
import { lists } from "./0015_lists.ts";
import { operations } from "./0016_operations.ts";
import { rollups } from "./0017_rollups.ts";
import { schedules } from "./0018_schedules.ts";
import { letters } from "./0019_letters.ts";
import { trace } from "./0020_trace.ts";
import { monitors } from "./0021_monitors.ts";
import { scopes } from "./0023_scopes.ts";

export const migrations: readonly Migration[] = [
  contacts,
  consent,
  campaigns,
  messaging,
  jobs,
  scheduler,
  accounts,
  sample,
  sending,
  webhooks,
  templates,
  importsUndo,
  people,
  activity,
  lists,
  operations,
  rollups,
  schedules,
  letters,
  trace,
  monitors,
  scopes,
];
