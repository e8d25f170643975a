// All migrations in order. A number is never reused; what has shipped is never edited.
import type { Migration } from "../migrate.ts";
import { contacts } from "./0001_contacts.ts";
import { consent } from "./0002_consent.ts";
import { campaigns } from "./0003_campaigns.ts";
import { messaging } from "./0004_messaging.ts";
import { jobs } from "./0005_jobs.ts";
import { scheduler } from "./0006_scheduler.ts";
import { accounts } from "./0007_accounts.ts";
import { jobOperations } from "./0016_job_operations.ts";

export const migrations: readonly Migration[] = [
  contacts,
  consent,
  campaigns,
  messaging,
  jobs,
  scheduler,
  accounts,
  jobOperations,
];
