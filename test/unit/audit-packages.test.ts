// The audit of packages: a grave hole in what the platform runs on fails, a registry that does not answer does not.
import { expect, it } from "vitest";
import { judge } from "../../scripts/audit-packages.ts";

const report = (severity: string) =>
  JSON.stringify({
    vulnerabilities: { left: { severity, range: "<1.2.3", fixAvailable: true } },
    metadata: { vulnerabilities: { low: 0, moderate: 1, high: 0, critical: 0, total: 1 } },
  });

it("fails on a high or critical hole, and names package, versions and way out", () => {
  for (const severity of ["high", "critical"])
    expect(judge(report(severity))).toEqual({
      ok: false,
      lines: [`Packages: left <1.2.3 has a ${severity} hole; npm audit fix mends it`],
    });
});

it("passes with lesser ones, and counts them", () => {
  expect(judge(report("moderate"))).toEqual({
    ok: true,
    lines: ["Packages: no high or critical hole is known (1 moderate)"],
  });
});

it("says in one line that the registry does not answer, and passes", () => {
  for (const text of [
    JSON.stringify({ message: "405 Method Not Allowed", statusCode: 405, error: { summary: "" } }),
    JSON.stringify({ error: { code: "ENOTFOUND", summary: "request to https://packages.example.org failed" } }),
    "npm: command not found\nmore",
    "",
  ]) {
    const { ok, lines } = judge(text);
    expect(ok, text).toBe(true);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^Packages: not audited, the registry does not answer that here \(.+\)$/);
  }
});
