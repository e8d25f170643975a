// Backups and restores on real Postgres: what comes back is what was there, and what must not go on does not.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { diskStore } from "../../shared/backup/disk.ts";
import { leftOut } from "../../shared/backup/left-out.ts";
import type { Card } from "../../shared/backup/stored.ts";
import { query } from "../../shared/db/knex.ts";
import { enqueue } from "../../shared/jobs/enqueue.ts";
import { type Emptied, fingerprint, newFolder, openTarget, take } from "../helpers/backups.ts";
import { openPipeline, type Pipeline } from "../helpers/pipeline.ts";

let source: Pipeline;
const folder = newFolder();
const store = diskStore(folder);
let card: Card;
let before: Record<string, string>;

beforeAll(async () => {
  source = await openPipeline();
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
  // Months ago: its partition is none of those that migrations make.
  await query(db, "select jobs.make_history_partition('2026-01-05')");
  await query(
    db,
    `insert into jobs.history (id, type, group_name, queue, lane, state, input, attempts, run_at, errors, created_at, finished_at)
     values (make_uuid7(), 'outbox.sweep', 'scheduler', 'default', 'normal', 'completed', '{}', 1, now(), '[]', now(), '2026-01-05T10:00:00Z')`,
  );
  await query(db, "insert into accounts.users (id, email, role) values (make_uuid7(), 'owner@example.org', 'owner')");
  await query(
    db,
    "insert into accounts.access_tokens (id, user_id, name, secret_hash, abilities, expires_at) select make_uuid7(), id, 'a', '\\x00ff0a', '{read}', now() from accounts.users",
  );
  before = await fingerprint(db, Object.keys(leftOut));
  card = await take(source.deps, store);
}, 60_000);
afterAll(() => source.close());

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
});

describe("a restore into an empty system", () => {
  let target: Emptied;
  beforeAll(async () => {
    target = await openTarget();
  });
  afterAll(() => target.drop());

  it("brings back every row of every table, the ledger among them", async () => {
    const result = await target.restore(store, card.name, { resume: true });
    const after = await fingerprint(target.db, Object.keys(leftOut));
    const changed = Object.keys(before).filter((name) => before[name] !== after[name]);
    // What was in somebody's hands is settled; and the restore is noted.
    expect(changed).toEqual(["backups.restores", "messaging.messages"]);
    expect(result.manifest.rows).toBe(card.rows);
    expect(result.unknownMessages).toBe(5);
    const states = await query(
      target.db,
      "select state, count(*)::int as n from messaging.messages group by 1 order by 1",
    );
    expect(states).toEqual([
      { state: "accepted", n: 150 },
      { state: "queued", n: 245 },
      { state: "unknown", n: 5 },
    ]);
    const parts = await query(target.db, "select 1 from jobs.history_2026_01_05");
    expect(parts).toHaveLength(1);
    await target.db.transaction((trx) => enqueue(trx, "outbox.sweep", {}));
  });
});
