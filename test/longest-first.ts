// The order of the test files: within a group those that take longest come first, so that no worker is left alone with
// one at the end. A fresh clone knows no durations, and a file's size says little about them.
import { relative, resolve } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const here = resolve(import.meta.dirname);

/** Files that take ten seconds and more, longest first. The place of any other file changes little. */
const slow: readonly string[] = [
  "e2e/screens",
  "faults/pipeline",
  "e2e/rights",
  "e2e/tasks",
  "e2e/templates",
  "e2e/people",
  "faults/backends-away",
  "integration/pipeline",
  "e2e/operations",
  "e2e/second-factor",
  "e2e/overview",
  "e2e/imports",
  "e2e/who",
  "faults/jobs",
  "integration/start",
  "e2e/communities",
  "integration/who-may-do-what",
  "e2e/schedules",
  "e2e/outreach",
  "e2e/dead-letters",
  "e2e/lists",
  "integration/sender-house",
  "e2e/sending",
  "faults/start",
  "integration/fuzz",
  "faults/restore",
  "e2e/alerts",
  "faults/inbound",
  "faults/import-crash",
  "integration/campaign-life",
  "integration/pipeline-life",
  "e2e/second-origin",
  "faults/streams-redis",
  "integration/redis-acl",
  "integration/watching",
  "integration/http-abuse",
  "faults/sample",
  "integration/pipeline-redis",
  "integration/scheduler",
  "conformance/email-callbacks",
  "integration/repl",
  "integration/backup-s3",
  "integration/metrics-scrape",
  "integration/second-factor",
  "integration/jobs-limits",
  "integration/sender-day-limit",
  "integration/canaries",
  "e2e/workers",
  "integration/every-job-type",
  "integration/two-communities",
  "integration/backends-tls",
  "integration/erasure",
  "integration/inbound-mail",
  "conformance/email-provider",
  "integration/jobs-worker",
  "integration/backup-embedded",
  "integration/import-fuzz",
  "integration/gateway-limits",
  "integration/jobs-operations",
  "integration/bad-input",
  "integration/gateway-shield",
  "integration/backup-damage",
  "integration/templates",
  "integration/gateway-pressure",
  "unit/mjml",
  "integration/stock-adapter",
  "integration/drain",
  "integration/start-embedded-postgres",
  "faults/streams-processes",
  "integration/gateway-live",
];

const place = ({ moduleId }: TestSpecification): number => {
  const at = slow.indexOf(relative(here, moduleId).replace(/\.test\.ts$/, ""));
  return at < 0 ? slow.length : at;
};

/** Vitest's order (groups, then what failed or took long last time, then size) behind the files that are known as slow. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const group = (file: TestSpecification) => file.project.config.sequence.groupOrder;
    // Array.sort is stable: what is in the same place stays as Vitest had it.
    return (await super.sort(files)).sort((a, b) => group(a) - group(b) || place(a) - place(b));
  }
}
