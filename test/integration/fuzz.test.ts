// Thousands of requests made up from the contracts, as everybody and as nobody, against the whole house.
import { afterAll, beforeAll, expect, test } from "vitest";
import { attackWorld } from "../fuzz/attack.ts";
import { openWorld, type World } from "../fuzz/world.ts";

const requests = Number(process.env.LC_FUZZ_REQUESTS ?? 6_000);
const seed = Number(process.env.LC_FUZZ_SEED ?? 20_261_123);

let world: World;
beforeAll(async () => {
  world = await openWorld(16);
}, 120_000);
afterAll(async () => {
  await world.db.end();
  world.client.close();
  await world.house.close();
}, 60_000);

test("whatever is asked, by whomever, the answer is no fault of ours and tells nothing of the inside", async () => {
  const report = await attackWorld(world, {
    requests,
    seed,
    lanes: 8,
    only: process.env.LC_FUZZ_ONLY,
    path: process.env.LC_FUZZ_PATH,
  });
  process.stdout.write(`${JSON.stringify({ ...report, findings: report.findings.length }, null, 1)}\n`);
  for (const f of report.findings)
    process.stdout.write(`\n${f.operation} ${f.wrong}\n  ${f.request}\n  ${f.answer}\n  ${f.again}\n`);
  process.stdout.write(
    world.house.running
      .get("gateway")
      ?.logs()
      .split("\n")
      .filter((l) => /"error"|ERROR|failed/.test(l))
      .slice(0, 60)
      .join("\n")
      .slice(0, 20000) ?? "",
  );
  expect(report.findings).toEqual([]);
}, 3_600_000);
