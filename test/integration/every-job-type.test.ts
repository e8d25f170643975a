// Every job type of the platform once, with real input, on the running house: the effect is there afterwards, and the job
// is in the history as completed. A type without a proof (test/helpers/job-proofs.ts) fails here.
import { afterAll, beforeAll, expect, test } from "vitest";
import { jobContracts } from "../../shared/contracts/index.ts";
import { query } from "../../shared/db/knex.ts";
import { type JobProof, jobProofs } from "../helpers/job-proofs.ts";
import { type JobStage, openJobStage } from "../helpers/job-stage.ts";
import { until } from "../helpers/processes.ts";

const proofs = new Map(Object.entries<JobProof>(jobProofs));
let stage: JobStage;
const proven = new Map<JobProof, Promise<void>>();

beforeAll(async () => {
  stage = await openJobStage();
  // All at once: they wait for each other only where one needs what another makes.
  for (const proof of proofs.values()) {
    if (proven.has(proof)) continue;
    const proving = proof(stage);
    proven.set(proof, proving);
    // Whoever waits for the tests' own house is let go when it cannot be had.
    proving.catch((error: unknown) => stage.emptied.reject(error));
  }
  stage.emptied.promise.catch(() => undefined);
});
afterAll(() => stage?.close());

test.each([...jobContracts.keys()])("%s does what it is for", async (name) => {
  const proof = proofs.get(name);
  if (!proof) throw new Error(`The job type ${name} has no proof: give it a line in test/helpers/job-proofs.ts`);
  await proven.get(proof);
  const states = () => query<{ state: string }>(stage.db, "select state from jobs.history where type = ?", [name]);
  // Of the bulk act's victim, another one of its type remains.
  await until(`${name} is in the history`, async () => (await states()).length > 0);
  expect(new Set((await states()).map(({ state }) => state))).toEqual(new Set(["completed"]));
});

test("there is no proof of a job type that is no more", () => {
  expect([...proofs.keys()].filter((name) => !jobContracts.has(name))).toEqual([]);
});
