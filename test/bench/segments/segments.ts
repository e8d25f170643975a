// Benchmark "segments": a million contacts with five million tag memberships; how long the service's own functions take
// to count a rule, to show it with a sample, to list a page of it, and to search. Peer: SQL written by hand for each.

import { cpus, loadavg } from "node:os";
import { ServiceBroker } from "moleculer";
import pg from "pg";
import { contactFacets } from "../../../services/contacts/contacts/facets/count-facets.ts";
import { listContacts } from "../../../services/contacts/contacts/list-contacts.ts";
import { previewSegment } from "../../../services/contacts/segments/preview-segment.ts";
import type { Deps } from "../../../shared/broker/deps.ts";
import { connectPostgres } from "../../../shared/db/knex.ts";
import { migrate } from "../../../shared/db/migrate.ts";
import { systemClock } from "../../../shared/lib/clock.ts";
import { makeId } from "../../../shared/lib/ids.ts";
import { connectRedis } from "../../../shared/streams/connections.ts";
import { openBackends } from "../backends.ts";
import { machine, median, publish, shown } from "../results.ts";
import type { BenchFlags } from "../run.ts";
import { cases, searches } from "./cases.ts";
import { seedContacts, TAGS_EACH } from "./seed.ts";

/** What a server for a million contacts would have at least; the same for both sides. */
const settings = ["shared_buffers = 1GB", "maintenance_work_mem = 256MB", "max_wal_size = 4GB"];
const targets = { count: 200, page: 50, preview: 500 } as const;

const timed = async <T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> => {
  const began = performance.now();
  const value = await work();
  return { ms: performance.now() - began, value };
};

/** Milliseconds of every run by what was measured. */
class Times {
  private readonly all = new Map<string, number[]>();
  add(what: string, ms: number): void {
    this.all.set(what, [...(this.all.get(what) ?? []), ms]);
  }
  of(what: string): number {
    return median(this.all.get(what) ?? []);
  }
}

const openDeps = (databaseUrl: string, redisUrl: string): { deps: Deps; close: () => Promise<void> } => {
  const broker = new ServiceBroker({ logger: false });
  const db = connectPostgres(databaseUrl, 5);
  const redis = connectRedis(redisUrl, "commands");
  return {
    deps: { db, redis, clock: systemClock, id: makeId, log: broker.logger, broker, node: "bench" },
    close: async () => {
      await db.destroy();
      redis.disconnect();
    },
  };
};

const say = (text: string) => process.stdout.write(`${text}\n`);
const verdict = (ms: number, target: number) => `${shown(ms)} ms${ms <= target ? "" : " ✗"}`;

/** Measures and publishes. Throws when a count differs from the count of the SQL written by hand. */
export const segments = async ({ runs, contacts, databaseUrl, redisUrl }: BenchFlags): Promise<void> => {
  const backends = await openBackends({ databaseUrl, redisUrl }, settings);
  const { deps, close } = openDeps(backends.databaseUrl, backends.redisUrl);
  const bare = new pg.Client({ connectionString: backends.databaseUrl });
  try {
    await migrate(deps.db);
    await bare.connect();
    const before = await bare.query<{ n: string }>("select count(*) as n from contacts.contacts");
    // A database that was given may be left from an earlier run.
    if (Number(before.rows[0]?.n) !== contacts) {
      say(`making ${contacts} contacts …`);
      await seedContacts(deps.db, contacts);
    }
    await deps.db("contacts.segments").del();
    const ids = new Map<string, string>();
    for (const { name, rule } of cases) {
      const id = deps.id();
      await deps.db("contacts.segments").insert({ id, name, rule: JSON.stringify(rule) });
      ids.set(name, id);
    }
    const times = new Times();
    const found = new Map<string, number>();
    // One run before the first that counts: caches are warm for both.
    for (let run = 0; run <= runs; run += 1) {
      const keep = (what: string, ms: number) => {
        if (run > 0) times.add(what, ms);
      };
      for (const { name, rule, bare: condition } of cases) {
        const where = `from contacts.contacts c where c.deleted_at is null and ${condition}`;
        const ours = await timed(() => previewSegment(deps, { rule, sample: 0 }));
        const peer = await timed(() => bare.query<{ n: string }>(`select count(*) as n ${where}`));
        const expected = Number(peer.value.rows[0]?.n);
        if (ours.value.count !== expected)
          throw new Error(`${name}: ours finds ${ours.value.count}, the SQL written by hand ${expected}`);
        found.set(name, expected);
        keep(`count ${name}`, ours.ms);
        keep(`bare count ${name}`, peer.ms);
        keep(`preview ${name}`, (await timed(() => previewSegment(deps, { rule, sample: 10 }))).ms);
        keep(`page ${name}`, (await timed(() => listContacts(deps, { segmentId: ids.get(name), limit: 100 }))).ms);
        keep(
          `bare page ${name}`,
          (await timed(() => bare.query(`select c.* ${where} order by c.id desc limit 101`))).ms,
        );
      }
      for (const q of searches) keep(`search ${q}`, (await timed(() => listContacts(deps, { q, limit: 100 }))).ms);
      keep("list", (await timed(() => listContacts(deps, { limit: 100 }))).ms);
      // Another filter each time: what is remembered is not measured.
      keep("facets", (await timed(() => contactFacets(deps, { q: run % 2 ? "ada" : "grace", tag: `none ${run}` }))).ms);
      say(`run ${run} of ${runs}`);
    }
    const facets = await timed(() => contactFacets(deps, {}));
    const sum = (what: string) => cases.reduce((all, { name }) => all + times.of(`${what} ${name}`), 0);
    const missed = cases.flatMap(({ name }) =>
      (["count", "page", "preview"] as const).flatMap((what) =>
        times.of(`${what} ${name}`) > targets[what] ? [`${what} of "${name}"`] : [],
      ),
    );
    publish(
      {
        name: "segments",
        ours: sum("count"),
        peer: sum("bare count"),
        unit: `ms to count ${cases.length} rules, one after another`,
        lessIsBetter: true,
        notes: [
          `Medians of ${runs} alternating runs over ${contacts.toLocaleString("en")} contacts, ${(contacts * TAGS_EACH).toLocaleString("en")} tag memberships, a message and 0.36 opens and clicks a contact. Ours are the service's own functions (rule, SQL, rows to answers); the peer is SQL written by hand for each rule with the server's own settings. Every count was compared with the peer's. Targets: count 200 ms, preview (count and 10 contacts) 500 ms, page (100 contacts) 50 ms; ✗ marks what misses.`,
          "",
          "| rule | finds | count | by hand | preview | page | by hand |",
          "|---|---|---|---|---|---|---|",
          ...cases.map(
            ({ name }) =>
              `| ${name} | ${(found.get(name) ?? 0).toLocaleString("en")} | ${verdict(times.of(`count ${name}`), targets.count)} | ${shown(times.of(`bare count ${name}`))} ms | ${verdict(times.of(`preview ${name}`), targets.preview)} | ${verdict(times.of(`page ${name}`), targets.page)} | ${shown(times.of(`bare page ${name}`))} ms |`,
          ),
          "",
          `Search, first 100: ${searches.map((q) => `"${q}" ${verdict(times.of(`search ${q}`), targets.page)}`).join(", ")}; the list without a filter ${verdict(times.of("list"), targets.page)}. All facets of everybody, counted anew: ${shown(facets.ms)} ms, then remembered for up to a minute.`,
          "",
          `Load average at the end: ${shown(loadavg()[0] ?? Number.NaN)} on ${cpus().length} processors; other work on the machine takes part in every figure, the peer's too.`,
          "",
          missed.length > 0 ? `Missed: ${missed.join(", ")}.` : "All targets were met.",
        ],
      },
      [...machine(["pg", "knex"]), `${backends.words}, shared_buffers 1 GB`],
    );
  } finally {
    await bare.end();
    await close();
    await backends.stop();
  }
};
