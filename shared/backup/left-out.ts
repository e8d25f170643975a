// What a backup holds: every table of the platform's schemas but these, each with its reason. They are as the migrations
// make them after a restore. A test compares the schemas with those that the migrations make.

/** Schemas that are ours. Whatever else lies in the same database is neither backed up nor touched. */
export const ourSchemas = [
  "contacts",
  "consent",
  "campaigns",
  "messaging",
  "jobs",
  "scheduler",
  "accounts",
  "backups",
] as const;

/** What migrations make in the schema public, and what goes with the schemas. */
export const ourPublic = { tables: ["schema_migrations"], functions: ["make_uuid7()"] } as const;

/** Table → why it is left out. */
export const leftOut: Readonly<Record<string, string>> = {
  "backups.runs": "the list of backups is read from where they are kept",
  "accounts.password_links": "links from before a restore are dead: people ask for a new one",
  "accounts.password_requests": "the same",
  "scheduler.monitor_clock": "who watches right now, and since when",
};
