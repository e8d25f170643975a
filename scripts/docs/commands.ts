// What each script of package.json is for. README's table is made from it, and a test fails for one that is missing.

export const commands: Readonly<Record<string, string>> = {
  start: "`npm start`. Brings everything up on this machine and prints how to sign in",
  test: "`npm test`. Lint, types, then all tests; the last line is the sum. `npm test -- test/unit` runs a part",
  check: "Lint, types and tests as three separate runs",
  lint: "Format and lint. `npx biome check --write` repairs what can be repaired",
  types: "Type check of the back end and the web app",
  migrate: "Brings the schema of `DATABASE_URL` up to date. Safe to run twice and from several places at once",
  "key:generate": "Prints a key for `LC_SECRET_KEYS`",
  dev: "`npm start` for developers: with the debug page `/debug`, and a group restarts when one of its files changes",
  logs: "`npm run logs -- email -f` follows the log of a group, without a name of all; `--level warn`, `--grep`, `--job <id>`, `--request <id>`, `-n 200`, `--json`",
  doctor:
    "Looks at variables, Redis, Postgres, clocks, the way out for mail and `PUBLIC_URL`, and says in a sentence each what to do. `-- --json` for programs",
  user: "`npm run user -- reset <email>` prints a new password for somebody who cannot sign in; `npm run user -- list` says who has an account",
  repl: "A prompt in the running system: queues, jobs, dead letters, schedules, campaigns, processes, rules, each act under your name and in the audit log. `-- jobs --state failed` runs one command; `-- help` lists them",
  "queue:status":
    "What waits, runs and fails by queue. Exits with 1 when a queue stands still or fails, with 2 when it cannot look; `-- --json` for programs, `-- --stalled 300 --failing 50` sets the limits (seconds, percent)",
  "build:web": "Builds the web app into `web/dist`",
  bench:
    "`npm run bench -- campaign` measures 100,000 mails against a usual solution in the same run; `import`, `rate` and `footprint` measure what they say, `segments` rules over a million contacts, `gateway` our API against bare moleculer-web; `jobs` and `latency` the job layer beside BullMQ, `alert` an alert during a campaign, `scale` deep queues and more processes, `idle` silent channels",
  chaos:
    "Kills, freezes, empties and fills up whatever can be, while jobs and 100,000 mails are under way, and prints what was lost, doubled, unknown and how long recovery took; `-- --quick` for minutes instead of an hour, `-- --only kill,flush` for some. A full run writes its table as RESULTS.md into `test/chaos`",
  fuzz: "`npm run fuzz -- --requests 100000` sends odd and hostile requests, made up from the contracts, to every route as everybody, and says what was answered wrongly. `--seed`, `--only` and `--path` send one again",
  docs: "Writes `.env.example`, the tables of this file and the web app's routes. `npm run docs -- --check` only compares",
  predev: "Before `dev`: the same as before `start`",
  prestart: "Before `start`: installs packages when the lockfile has changed",
  pretest: "Before `test`: the same",
};
