// Backups and restores on real Postgres: what comes back is what was there, and what must not go on does not.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCampaign } from "../../services/campaigns/campaigns/drafts.ts";
import { launchCampaign } from "../../services/campaigns/campaigns/launch.ts";
import { retryMessages } from "../../services/campaigns/campaigns/ledger-acts.ts";
import { resumeCampaign } from "../../services/campaigns/campaigns/life-cycle.ts";
import { findCampaign } from "../../services/campaigns/campaigns/store.ts";
import { diskStore } from "../../shared/backup/disk.ts";
import { leftOut, ourPublic, ourSchemas } from "../../shared/backup/left-out.ts";
import type { BackupStore, Card } from "../../shared/backup/stored.ts";
import { settleRestored } from "../../shared/db/after-restore.ts";
import { query } from "../../shared/db/knex.ts";
import { type Emptied, fingerprint, newFolder, openTarget, take } from "../helpers/backups.ts";
import { openPipeline, type Pipeline } from "../helpers/pipeline.ts";
import { until } from "../helpers/processes.ts";

let source: Pipeline;
let target: Emptied;
const folder = newFolder();
const store = diskStore(folder);
let card: Card;
let before: Record<string, string>;

const one = async <T>(sql: string): Promise<T> => (await query<T>(target.db, sql))[0] as T;

beforeAll(async () => {
  [source, target] = await Promise.all([openPipeline(), openTarget()]);
  await source.people(400);
  await source.launch();
  const { db } = source;
  await query(
    db,
    "update contacts.contacts set last_name = E'O\\\\.N\\n\\\\.\\n\\tTab' where email = 'person1@example.com'",
  );
  await query(
    db,
    "update messaging.messages set state = 'accepted', accepted_at = now() where id in (select id from messaging.messages order by id limit 150)",
  );
  await query(
    db,
    `update messaging.messages set state = v.state, attempt_id = make_uuid7(), lease_until = now() + interval '1 minute'
     from (select id, case when row_number() over (order by id) <= 5 then 'handing_off' else 'claimed' end as state
       from messaging.messages where phase = 0 order by id limit 12) v where messages.id = v.id`,
  );
  // Two single messages: one was due, one is for a time to come.
  await query(
    db,
    `insert into messaging.messages (id, source, source_id, channel, address, state, not_before)
     select make_uuid7(), 'transactional', '00000000-0000-7000-8000-000000000001', 'email', 'single@example.com', 'queued', at
     from (values (now()), (now() + interval '1 day')) v (at)`,
  );
  // Months ago: its partition is none of those that migrations make.
  await query(db, "select jobs.make_history_partition('2026-01-05')");
  await query(
    db,
    `insert into jobs.history (id, type, group_name, queue, lane, state, input, attempts, run_at, errors, created_at, finished_at)
     values (make_uuid7(), 'outbox.sweep', 'scheduler', 'default', 'normal', 'completed', '{}', 1, now(), '[]', now(), '2026-01-05T10:00:00Z')`,
  );
  await query(
    db,
    `insert into jobs.jobs (id, type, group_name, queue, state, input, run_at, attempts, attempt_id, lease_until, worker)
     values (make_uuid7(), 'outbox.sweep', 'scheduler', 'default', 'running', '{}', now(), 1, make_uuid7(), now() + interval '1 hour', 'gone')`,
  );
  await query(db, "insert into accounts.users (id, email, role) values (make_uuid7(), 'owner@example.org', 'owner')");
  // It refers to itself and to another table, which a load in any order has to bear.
  await query(
    db,
    `insert into accounts.access_tokens (id, user_id, name, secret_hash, abilities, expires_at, made_by)
     select v.id, u.id, 'a', '\\x00ff0a', '{read}', now(), v.made_by from accounts.users u,
       (values ('00000000-0000-7000-8000-00000000000a'::uuid, '00000000-0000-7000-8000-00000000000b'::uuid),
               ('00000000-0000-7000-8000-00000000000b'::uuid, null)) v (id, made_by)`,
  );
  before = await fingerprint(db, Object.keys(leftOut));
  card = await take(source.deps, store);
});
afterAll(async () => {
  await source.close();
  await target.drop();
});

describe("a backup", () => {
  it("is an age file without a word of what is in it, and says beside it what it is", async () => {
    const bytes = readFileSync(join(folder, card.name));
    expect(bytes.toString("latin1", 0, 22)).toBe("age-encryption.org/v1\n");
    expect(bytes.includes("person1@example.com")).toBe(false);
    expect(bytes.includes("contacts")).toBe(false);
    expect(readdirSync(folder).sort()).toEqual([card.name, card.name.replace(".age", ".json")]);
    expect(await store.list()).toEqual([card]);
    expect(card.rows).toBeGreaterThan(1_600);
    expect(card.bytes).toBe(bytes.length);
  });

  it("holds every schema that the migrations make, and what they make in public is known", async () => {
    const schemas = await query<{ name: string }>(
      source.db,
      "select nspname as name from pg_namespace where nspname !~ '^pg_|^information_schema$|^public$' order by 1",
    );
    expect(schemas.map(({ name }) => name)).toEqual([...ourSchemas].sort());
    const made = await query<{ name: string }>(
      source.db,
      `select c.relname as name from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'S')
       union all select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'public'::regnamespace
         and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e') order by 1`,
    );
    expect(made.map(({ name }) => name).sort()).toEqual([...ourPublic.functions, ...ourPublic.tables].sort());
  });

  it("is not taken while another one is", async () => {
    const [first, second] = await Promise.allSettled([
      take(source.deps, diskStore(newFolder())),
      take(source.deps, diskStore(newFolder())),
    ]);
    const refused = [first, second].filter(({ status: how }) => how === "rejected");
    expect(refused.length).toBeLessThanOrEqual(1);
    for (const { reason } of refused as PromiseRejectedResult[])
      expect(reason).toMatchObject({ name: "RetryLater", message: "Another process is taking a backup" });
  });

  // A table that is rewritten looks empty to a snapshot from before: Postgres puts every row there anew.
  it("holds every row of a table that a migration rewrote while it was about to begin", async () => {
    let taking: Promise<number | Error> | undefined;
    await source.db.transaction(async (migration) => {
      await migration.raw("alter table messaging.message_keys alter column step type varchar(100)");
      await migration.raw("alter table messaging.message_keys alter column step type text");
      taking = take(source.deps, diskStore(newFolder())).then(
        ({ rows }) => rows,
        (error: Error) => error,
      );
      await until("the backup waits for the table", async () => {
        const waiting = await query(source.db, "select 1 from pg_locks where not granted and mode = 'AccessShareLock'");
        return waiting.length > 0;
      });
    });
    expect(await taking).toBe(card.rows);
  });

  it("steps aside when it is told to stop, and leaves nothing behind", async () => {
    const empty = newFolder();
    const stop = new AbortController();
    const disk = diskStore(empty);
    const slow: BackupStore = {
      ...disk,
      put: (name, sealed, signal) => {
        stop.abort(new Error("enough"));
        return disk.put(name, sealed, signal);
      },
    };
    await expect(take(source.deps, slow, { signal: stop.signal })).rejects.toThrow("enough");
    await expect(take(source.deps, disk, { signal: stop.signal })).rejects.toThrow("enough");
    expect(readdirSync(empty)).toEqual([]);
    await query(source.db, "select 1");
  });
});

describe("a restore", () => {
  it("brings back every row of every table, the ledger among them", async () => {
    const result = await target.restore(store, card.name, { resume: true });
    const after = await fingerprint(target.db, Object.keys(leftOut));
    const changed = Object.keys(before).filter((name) => before[name] !== after[name]);
    // What was in somebody's hands is settled; and the restore is noted.
    expect(changed).toEqual(["backups.restores", "jobs.jobs", "messaging.messages"]);
    expect(result).toMatchObject({ unknownMessages: 5, heldCampaigns: 0, migrated: [] });
    expect(result.manifest.rows).toBe(card.rows);
    expect(
      await query(target.db, "select state, count(*)::int as n from messaging.messages group by 1 order by 1"),
    ).toEqual([
      { state: "accepted", n: 150 },
      { state: "queued", n: 247 },
      { state: "unknown", n: 5 },
    ]);
    expect(await query(target.db, "select 1 from jobs.history_2026_01_05")).toHaveLength(1);
    expect(await one("select state, lease_until, attempts from jobs.jobs where type = 'outbox.sweep'")).toEqual({
      state: "queued",
      lease_until: null,
      attempts: 0,
    });
    const references = "select count(*)::int as n from pg_constraint where contype = 'f' and conparentid = 0";
    expect(await query(target.db, references)).toEqual(await query(source.db, references));
  });

  it("restores over what is there, holds every campaign that was on its way, and says how many messages wait", async () => {
    const result = await target.restore(store, card.name);
    // 245 of the campaign; the one single message that was due may have been sent since.
    expect(result).toMatchObject({ heldCampaigns: 1, heldMessages: 245, unknownMessages: 6 });
    expect(await one("select status, held_reason from campaigns.campaigns")).toEqual({
      status: "held",
      held_reason: "restored",
    });
    expect(
      await query(
        target.db,
        "select source, reason from messaging.messages where state = 'unknown' and source <> 'campaign'",
      ),
    ).toEqual([{ source: "transactional", reason: "restored" }]);
    expect(
      await one("select count(*)::int as n from messaging.dispatches where status = 'running' and source = 'campaign'"),
    ).toEqual({ n: 0 });
    expect(
      await one("select resumed, held_messages::int as held from backups.restores order by restored_at desc limit 1"),
    ).toEqual({
      resumed: false,
      held: 245,
    });
  });
});

describe("a campaign that a restore held", () => {
  const held = async (id: string) => {
    await source.db.transaction((trx) => settleRestored(trx, { resume: false }));
    const row = await findCampaign(source.db, id);
    expect([row?.status, row?.held_reason]).toEqual(["held", "restored"]);
    await query(source.db, "delete from jobs.jobs where type = 'campaign.launch'");
  };
  const scheduled = async (at: Date) => {
    const fields = { channel: "email" as const, name: `Later ${at.getTime()}`, audience: { all: true as const } };
    const content = { subject: "Later", html: "<p>Hi</p>" };
    const schedule = { at: at.toISOString() };
    const { id } = await createCampaign(source.deps, { ...fields, content, schedule });
    await launchCampaign(source.deps, { id });
    return id;
  };
  const launchJob = (id: string) =>
    query<{ run_at: Date }>(
      source.db,
      "select run_at from jobs.jobs where type = 'campaign.launch' and unique_key = ?",
      [id],
    );

  it("waits for its time again when it is resumed before it, and begins when that is past", async () => {
    const at = new Date(Date.now() + 3_600_000);
    const id = await scheduled(at);
    await held(id);
    expect((await resumeCampaign(source.deps, { id })).status).toBe("scheduled");
    expect((await launchJob(id))[0]?.run_at).toEqual(at);
    await held(id);
    await query(source.db, "update campaigns.campaigns set launched_at = now() - interval '1 hour' where id = ?", [id]);
    await resumeCampaign(source.deps, { id });
    await source.prepare(id);
    expect((await findCampaign(source.db, id))?.status).toBe("running");
  });

  it("stays held when one of its messages is decided over, and sends when it is resumed", async () => {
    const id = await source.launch();
    await held(id);
    const [first] = await query<{ id: string }>(
      source.db,
      `update messaging.messages set state = 'failed' where id = (select id from messaging.messages where source_id = ? limit 1) returning id`,
      [id],
    );
    expect(await retryMessages(source.deps, { id, ids: [first?.id ?? ""] })).toEqual({ changed: 1 });
    expect((await findCampaign(source.db, id))?.status).toBe("held");
    expect((await resumeCampaign(source.deps, { id })).status).toBe("running");
  });
});
