// What Prometheus gets from a real house: every metric of the table, from the processes that the table names, and only
// for those who may read it.
import { get } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MetricName, metricTable } from "../../shared/broker/metric-table.ts";
import { connectPostgres, query } from "../../shared/db/knex.ts";
import { type House, openHouse } from "../helpers/house.ts";
import { until } from "../helpers/processes.ts";

const token = "a-token-for-prometheus";
let house: House;
beforeAll(async () => {
  house = await openHouse({ env: { LC_METRICS_TOKEN: token } });
  await house.start("gateway", ["gateway"], false);
  await Promise.all([
    house.start("scheduler", ["services/scheduler"]),
    house.start("email", ["services/email"]),
    house.start("rest", ["services/contacts", "services/campaigns", "services/sandbox"]),
  ]);
  await until("the gateway is ready", () => house.running.get("gateway")?.ready());
  await house.signIn();
});
afterAll(() => house?.close());

const portOf = (name: string): number => house.running.get(name)?.port ?? 0;
const ask = (name: string, headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${portOf(name)}/metrics`, { headers });
/** As a page of elsewhere asks that points its name at this machine. */
const statusAs = (name: string, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port: portOf(name), path: "/metrics", headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on("error", reject);
  });
const scrape = async (name: string): Promise<string> => {
  const answer = await ask(name);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, expect.stringContaining("text/plain")]);
  return answer.text();
};
/** Value lines of a metric, histograms with all their parts. */
const samples = (page: string, name: string): readonly string[] =>
  page.split("\n").filter((line) => new RegExp(`^${name}(?:_bucket|_sum|_count)?[{ ]`).test(line));

/** Told only once something went wrong. */
const onlyInTrouble: readonly MetricName[] = ["lc_relay_failures_total", "lc_scrape_errors_total", "lc_dead_letters"];
/** A slot as the clock writes it: the first minute may be a minute away. */
const noteSlot = async (): Promise<void> => {
  const db = connectPostgres(house.postgres.url, 1);
  await query(
    db,
    `insert into scheduler.schedule_slots (schedule, fire_at, outcome, fired_at, drift_ms)
     values ('jobs.prune', now() - interval '1 hour', 'fired', now(), 250), ('jobs.prune', now() - interval '2 hours', 'missed', null, null)`,
  );
  await db.destroy();
};
const processOf = { "every process": "rest", gateway: "gateway", email: "email", scheduler: "scheduler" } as const;

test("every metric of the table is told by the processes that it names, and none that it does not have", async () => {
  await house.importPeople(3);
  await house.ended(await house.launch());
  await noteSlot();
  const pages = await until(
    "every metric has a value",
    async () => {
      const found: Record<string, string> = {};
      for (const name of house.running.keys()) found[name] = await scrape(name);
      const silent = Object.entries(metricTable).filter(
        ([name, { where }]) =>
          !onlyInTrouble.includes(name as MetricName) && samples(found[processOf[where]] ?? "", name).length === 0,
      );
      if (silent.length > 0) throw new Error(`silent: ${silent.map(([name]) => name).join(", ")}`);
      return found;
    },
    { everyMs: 300 },
  );
  for (const [name, page] of Object.entries(pages)) {
    expect(samples(page, "lc_ready"), name).toEqual(["lc_ready 1"]);
    expect(samples(page, "nodejs_eventloop_lag_p99_seconds").length, name).toBe(1);
    const ours = [...page.matchAll(/^# TYPE (lc_\w+) (\w+)$/gm)].map(([, metric, kind]) => [metric, kind]);
    expect(Object.fromEntries(ours), name).toEqual(
      Object.fromEntries(Object.entries(metricTable).map(([metric, { kind }]) => [metric, kind])),
    );
  }
  expect(samples(pages.email ?? "", "lc_messages_total")).toEqual([
    'lc_messages_total{channel="email",outcome="accepted"} 3',
  ]);
  expect(pages.rest).toContain('lc_jobs_finished_total{type="campaign.launch",outcome="completed"} 1');
  const runs = samples(pages.rest ?? "", "lc_job_run_seconds").filter((line) => line.includes('"campaign.launch"'));
  expect(runs.filter((line) => line.startsWith("lc_job_run_seconds_bucket")).at(-1)).toMatch(/le="\+Inf".* 1$/);
  expect(pages.gateway).toContain('route="/api/v1/campaigns/:id/launch",status="202"} 1');
  expect(samples(pages.scheduler ?? "", "lc_queue_held")).toEqual([
    'lc_queue_held{queue="default"} 0',
    'lc_queue_held{queue="emails"} 0',
  ]);
  expect(pages.scheduler).toContain('lc_schedule_drift_seconds{schedule="jobs.prune"} 0.25');
  expect(pages.scheduler).toContain('lc_schedule_missed{schedule="jobs.prune"} 1');
  // What one process alone tells of the platform is not told by the others.
  expect(samples(pages.email ?? "", "lc_outbox_events")).toEqual([]);
});

test("from elsewhere metrics take the token, or at the gateway an access token", async () => {
  const elsewhere = { "x-forwarded-for": "203.0.113.9" };
  for (const name of ["email", "gateway"]) {
    expect((await ask(name, elsewhere)).status, name).toBe(401);
    expect(await statusAs(name, "rebound.example"), name).toBe(401);
    expect(await statusAs(name, "localhost:3000"), name).toBe(200);
    expect((await ask(name, { ...elsewhere, authorization: "Bearer wrong" })).status, name).toBe(401);
    expect((await ask(name, { ...elsewhere, authorization: `Bearer ${token}` })).status, name).toBe(200);
  }
  const { body } = await house.api("POST", "/auth/tokens", { name: "Prometheus", abilities: ["read"] });
  const none = await house.api("POST", "/auth/tokens", { name: "Nothing", abilities: ["write"] });
  const by = (text: string) => ask("gateway", { ...elsewhere, authorization: `Bearer ${text}` });
  expect((await by(body.token)).status).toBe(200);
  expect((await by(none.body.token)).status).toBe(403);
});

test("while a backend is away the page still answers, without what cannot be known", async () => {
  await house.redis.stop();
  const page = await until("the streams are left out", async () => {
    const text = await scrape("scheduler");
    return samples(text, "lc_stream_entries").length === 0 && text;
  });
  expect(samples(page, "lc_redis_connected")).toEqual(["lc_redis_connected 0"]);
  expect(samples(page, "lc_scrape_errors_total").join()).toContain('part="streams"');
  expect(samples(page, "lc_outbox_events").length).toBe(1);
});
