// `npm run audit:packages`: asks the registry whether packages that the platform runs on have known holes. Fails on a high
// or critical one; says in one line when the registry cannot be asked, and does not fail then.
import { execFile } from "node:child_process";
import { resolve } from "node:path";

export interface Verdict {
  readonly ok: boolean;
  readonly lines: readonly string[];
}

interface Report {
  readonly message?: string;
  readonly error?: { readonly summary?: string; readonly code?: string };
  readonly metadata?: { readonly vulnerabilities?: Readonly<Record<string, number>> };
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly severity: string; readonly range?: string; readonly fixAvailable?: unknown }>
  >;
}

const grave = new Set(["high", "critical"]);

const readReport = (text: string): Report => {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return { message: text.trim().split("\n")[0] || "npm said nothing" };
  }
};

/** Judges what `npm audit --json` printed. */
export const judge = (text: string): Verdict => {
  const report = readReport(text);
  const counts = report.metadata?.vulnerabilities;
  if (!counts) {
    const why = report.message ?? report.error?.summary ?? report.error?.code ?? "no answer";
    return { ok: true, lines: [`Packages: not audited, the registry does not answer that here (${why})`] };
  }
  const found = Object.entries(report.vulnerabilities ?? {}).filter(([, { severity }]) => grave.has(severity));
  if (found.length === 0) {
    const minor = Object.entries(counts).filter(([name, count]) => name !== "total" && count > 0);
    const rest = minor.map(([name, count]) => `${count} ${name}`).join(", ");
    return { ok: true, lines: [`Packages: no high or critical hole is known${rest ? ` (${rest})` : ""}`] };
  }
  return {
    ok: false,
    lines: found.map(
      ([name, { severity, range = "", fixAvailable }]) =>
        `Packages: ${name} ${range} has a ${severity} hole; ${fixAvailable ? "npm audit fix mends it" : "there is no mended version yet"}`,
    ),
  };
};

/** What npm prints; its exit code says the same as the text. */
const ask = (): Promise<string> =>
  new Promise((done) => {
    const options = ["audit", "--omit=dev", "--json", "--fetch-retries=0", "--fetch-timeout=15000"];
    execFile(
      "npm",
      options,
      { cwd: resolve(import.meta.dirname, ".."), timeout: 60_000, maxBuffer: 1 << 26 },
      (error, stdout) => done(stdout || (error?.message ?? "")),
    );
  });

if (process.argv[1] === import.meta.filename) {
  const { ok, lines } = judge(await ask());
  process.stdout.write(`${lines.join("\n")}\n`);
  process.exitCode = ok ? 0 : 1;
}
