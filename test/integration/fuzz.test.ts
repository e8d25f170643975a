// Thousands of requests made up from the contracts, as everybody and as nobody, against the whole house in one process:
// good ones, nearly good ones and hostile ones. `npm run fuzz -- --requests 100000` asks more.
import { afterAll, beforeAll, expect, test } from "vitest";
import { attackWorld } from "../fuzz/attack.ts";
import { openWorld, type World } from "../fuzz/world.ts";

const requests = Number(process.env.LC_FUZZ_REQUESTS ?? 4_000);
const seed = Number(process.env.LC_FUZZ_SEED ?? 20_261_123);

let world: World;
beforeAll(async () => {
  world = await openWorld(16);
});
afterAll(() => world.close());

test("whatever is asked, by whomever, the answer is no fault of ours, what OpenAPI says, and tells nothing of others or of the inside", async () => {
  const report = await attackWorld(world, {
    requests,
    seed,
    lanes: 8,
    only: process.env.LC_FUZZ_ONLY || undefined,
    path: process.env.LC_FUZZ_PATH || undefined,
  });
  if (process.env.LC_FUZZ_REQUESTS) process.stdout.write(`${JSON.stringify({ seed, ...report }, null, 2)}\n`);
  expect(report.findings).toEqual([]);
  expect(report.lost).toEqual([]);
  // The very process that was started has answered all of it, and still does.
  expect((await world.ask({}, "GET", "/health/ready")).status).toBe(200);
  expect(() => process.kill(world.pid, 0)).not.toThrow();
}, 3_600_000);
