// `npm run railway:plan`: what it says is what the graph holds, its costs are prices times measurements, and no value of a
// variable is in it.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { costTables, withCosts } from "../../railway/cost-table.ts";
import { data, dollarsFor, estimate, measured, originalPlan, prices } from "../../railway/costs.ts";
import { evaluate } from "../../railway/graph.ts";
import { environments } from "../../railway/layout.ts";
import { planLines } from "../../railway/plan.ts";

const root = resolve(import.meta.dirname, "../..");

it("computes a month from Railway's prices, replicas of our own processes only", () => {
  expect(dollarsFor({ mb: 1000, cpu: 1 })).toBe(30);
  expect(dollarsFor({ mb: 500, cpu: 0.1 })).toBe(7);
  const own = Object.values(measured.production).reduce((sum, each) => sum + dollarsFor(each), 0);
  const stores = Object.values(data).reduce((sum, each) => sum + dollarsFor(each) + each.volumeGb * 0.15, 0);
  const names = Object.keys(measured.production);
  expect(estimate("production", names, 1).use).toBeCloseTo(own + stores, 6);
  expect(estimate("production", names, 2).use).toBeCloseTo(2 * own + stores, 6);
});

it("never bills less than the plan, and says whose cost nobody has measured", () => {
  const { use, paid, unmeasured } = estimate("production", ["calls"], 1);
  expect(unmeasured).toEqual(["calls"]);
  expect(paid).toEqual({ Hobby: Math.max(prices.plans.Hobby, use), Pro: 20 });
  expect(originalPlan).toEqual({ least: 20, recommended: 80 });
});

it("has measured every deployment of both environments, and none besides", async () => {
  for (const environment of environments) {
    const { deployments } = await evaluate(environment);
    expect(Object.keys(measured[environment]).sort()).toEqual(deployments.map(({ name }) => name).sort());
  }
});

it("says the same in the runbook", () => {
  const runbook = readFileSync(resolve(root, "railway/README.md"), "utf8");
  expect(withCosts(runbook), "run npm run docs").toBe(runbook);
  expect(costTables()).toContain("| staging | 1 |");
  expect(() => withCosts("# Nothing")).toThrow("lacks the marks");
});

it("prints every deployment with its command, its variables by name, and the computed costs", async () => {
  for (const environment of environments) {
    const evaluated = await evaluate(environment);
    const text = planLines(evaluated, []).join("\n");
    const names = evaluated.deployments.map(({ name }) => name);
    for (const { command, variables } of evaluated.deployments) {
      expect(text).toContain(`start       ${command}`);
      for (const name of Object.keys(variables)) expect(text).toContain(name);
    }
    for (const replicas of [1, 2]) {
      const { use, paid } = estimate(environment, names, replicas);
      const row = new RegExp(
        `${replicas} .*${use.toFixed(2)} \\$ +${paid.Hobby.toFixed(2)} \\$ +${paid.Pro.toFixed(2)} \\$`,
      );
      expect(text).toMatch(row);
    }
    expect(text).not.toContain("postgres://");
    expect(planLines(evaluated, ["email lacks REDIS_URL"]).join("\n")).toContain("    email lacks REDIS_URL");
  }
});

it("runs without an account, and refuses an environment that there is not", () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ["railway/plan.ts", ...args], { cwd: root, encoding: "utf8" });
  const staging = run("staging");
  expect(staging.stdout).toContain("environment staging");
  expect(staging.stdout).not.toContain("environment production");
  expect(staging.status, staging.stdout).toBe(0);
  expect(run("live")).toMatchObject({ status: 2 });
});
