// What each script of package.json is for. README's table is made from it, and a test fails for one that is missing.

export const commands: Readonly<Record<string, string>> = {
  start: "`npm start`. Brings everything up on this machine and prints how to sign in",
  test: "`npm test`. Lint, types, a search for secrets, then all tests; the last line is the sum. `npm test -- test/unit` runs a part",
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
  "audit:packages":
    "Asks the registry whether the packages that the platform runs on have known holes; fails on a high or critical one. CI runs it",
  "railway:plan":
    "Prints what would be deployed to Railway, the names of its variables and what it costs a month, without an account; `-- staging` for one environment. Exits with 1 when something in it is stale",
  "build:web": "Builds the web app into `web/dist`",
  rehearse:
    "The deployment without a deployment: every service of the project graph as its own process on a private network, the outreach journey through Caddy, redeploys under load, Redis and Postgres away; prints what was found and what each process costs. Linux, as root. `-- --quick` takes a minute, without it 20 rounds; `-- --environment staging --rounds 3 --rate 100 --only gateway,web`",
  bench:
    "`npm run bench -- campaign` measures 100,000 mails against a usual solution in the same run; `import`, `rate` and `footprint` measure what they say, `segments` rules over a million contacts, `gateway` our API against bare moleculer-web; `jobs` and `latency` the job layer beside BullMQ, `alert` an alert during a campaign, `scale` deep queues and more processes, `idle` silent channels",
  chaos:
    "Kills, freezes, empties and fills up whatever can be, while jobs and 100,000 mails are under way, and prints what was lost, doubled, unknown and how long recovery took; `-- --quick` for minutes instead of an hour, `-- --only kill,flush` for some. A full run writes its table as RESULTS.md into `test/chaos`",
  docs: "Writes `.env.example`, the tables of this file, the web app's routes and the generated parts of the Caddyfile. `npm run docs -- --check` only compares",
  predev: "Before `dev`: the same as before `start`",
  prestart: "Before `start`: installs packages when the lockfile has changed",
  pretest: "Before `test`: the same",
};
