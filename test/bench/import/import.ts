// Benchmark "import": a large CSV file through the API, with errors, duplicates and consent, beside COPY of the same file
// into a bare table, which is as fast as Postgres takes rows at all. And the memory of the importing process, which must
// not grow with the file. The exit code says when a target was missed.
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { type Backends, openBackends } from "../backends.ts";
import { familySeconds, processorSeconds, residentMb } from "../footprint/process-facts.ts";
import { type Platform, startPlatform } from "../platform.ts";
import { until } from "../recipients.ts";
import { machine, median, publish, shown } from "../results.ts";
import type { BenchFlags } from "../run.ts";
import { expected, fileOf, knownFile, mapping } from "./file.ts";

const targetRate = 20_000;
/** Memory may differ by so much between a file and one ten times as long. */
const mostGrowth = 1.25;
const sampleMs = 100;
const say = (line: string) => process.stdout.write(`${line}\n`);

interface Ended {
  readonly status: string;
  readonly startedAt: string;
  readonly finishedAt: string;
}

const importFile = async ({ api }: Platform, file: Blob, options: object, fields: object): Promise<Ended> => {
  const form = new FormData();
  form.set("mapping", JSON.stringify(fields));
  form.set("options", JSON.stringify({ dedupe: "update", ...options }));
  form.set("file", file, "people.csv");
  const { id } = await api<{ id: string }>("POST", "/imports", form);
  return until(
    "the import",
    1800,
    () => api<Ended>("GET", `/imports/${id}`),
    ({ status }) => status === "completed" || status === "failed",
  );
};

interface Measured {
  readonly rowsPerSecond: number;
  readonly peakMb: number;
  /** Of the importing process, in microseconds a row. */
  readonly cpuPerRow: number;
  /** Of Postgres, all its processes; NaN when it runs elsewhere. */
  readonly postgresPerRow: number;
}

/** The process that all backends of a local Postgres are children of, or undefined. */
const postmasterOf = async (databaseUrl: string): Promise<number | undefined> => {
  if (!/@(127\.|localhost|\[::1\])/.test(databaseUrl)) return undefined;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const stat = readFileSync(`/proc/${rows[0]?.pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } finally {
    await client.end();
  }
};

/** Runs `work` on a database of its own with every service in a process of its own. */
const onPlatform = async <T>(backends: Backends, flags: BenchFlags, work: (platform: Platform) => Promise<T>) => {
  const client = new pg.Client({ connectionString: backends.databaseUrl });
  await client.connect();
  const name = `import_${process.pid}_${Math.round(performance.now())}`;
  await client.query(`CREATE DATABASE ${name}`);
  const url = new URL(backends.databaseUrl);
  url.pathname = `/${name}`;
  let platform: Platform | undefined;
  try {
    platform = await startPlatform({
      databaseUrl: url.href,
      redisUrl: backends.redisUrl,
      smtpPorts: [1],
      connections: flags.connections,
      publicUrl: "https://learn.example.org",
      spread: "each",
    });
    return await work(platform);
  } finally {
    await platform?.stop();
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await client.end();
  }
};

/** Imports the file on top of the people who are there, and checks what became of every row. */
const measure = (backends: Backends, flags: BenchFlags, rows: number): Promise<Measured> =>
  onPlatform(backends, flags, async (platform) => {
    const importer = platform.processes.find(({ name }) => name === "contacts");
    if (!importer) throw new Error("No process imports");
    await importFile(platform, knownFile(rows), {}, { Email: "email" });
    const consent = { channels: ["email"], basis: "opt-in form", source: "bench" };
    const postmaster = await postmasterOf(backends.databaseUrl);
    const postgresSeconds = () => (postmaster === undefined ? Number.NaN : familySeconds(postmaster));
    const used = processorSeconds(importer.pid);
    const usedByPostgres = postgresSeconds();
    let peakMb = 0;
    const done = new AbortController();
    const sampling = (async () => {
      while (!done.signal.aborted) {
        peakMb = Math.max(peakMb, residentMb(importer.pid));
        await delay(sampleMs);
      }
    })();
    try {
      const ended = await importFile(platform, fileOf(rows), { consent }, mapping);
      const wrong = Object.entries(expected(rows)).filter(
        ([name, n]) => (ended as unknown as Record<string, unknown>)[name] !== n,
      );
      if (wrong.length > 0 || ended.status !== "completed")
        throw new Error(`Expected ${JSON.stringify(expected(rows))}, found ${JSON.stringify(ended)}`);
      const seconds = (Date.parse(ended.finishedAt) - Date.parse(ended.startedAt)) / 1000;
      return {
        rowsPerSecond: rows / seconds,
        peakMb,
        cpuPerRow: ((processorSeconds(importer.pid) - used) / rows) * 1e6,
        postgresPerRow: ((postgresSeconds() - usedByPostgres) / rows) * 1e6,
      };
    } finally {
      done.abort();
      await sampling;
    }
  });

/** Rows a second of COPY into a table with nothing but columns. */
const copy = async (databaseUrl: string, rows: number): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), "lc-bench-copy-"));
  const file = join(folder, "people.csv");
  // Postgres reads it as another user.
  chmodSync(folder, 0o755);
  await writeFile(file, fileOf(rows).stream());
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(
      "CREATE TABLE bare (email text, first_name text, last_name text, phone text, city text, tags text)",
    );
    const begun = performance.now();
    await client.query(`COPY bare FROM '${file}' WITH (FORMAT csv, HEADER)`);
    return rows / ((performance.now() - begun) / 1000);
  } finally {
    await client.query("DROP TABLE IF EXISTS bare");
    await client.end();
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Benchmark "import". `runs` alternating runs of `rows` rows, after one of a tenth for the memory. */
export const importBench = async (flags: BenchFlags): Promise<void> => {
  const { rows, runs } = flags;
  const machineLines = machine(["moleculer", "pg", "csv-parse", "libphonenumber-js"]);
  const backends = await openBackends(flags);
  const ours: Measured[] = [];
  const peers: number[] = [];
  let small: Measured | undefined;
  for (const line of [...machineLines, backends.words]) say(line);
  try {
    small = await measure(backends, flags, Math.ceil(rows / 10));
    say(`  ${Math.ceil(rows / 10)} rows: ${shown(small.rowsPerSecond)} rows/s, at most ${shown(small.peakMb)} MB`);
    for (let run = 1; run <= runs; run += 1) {
      const one = await measure(backends, flags, rows);
      const peer = await copy(backends.databaseUrl, rows);
      ours.push(one);
      peers.push(peer);
      say(
        `run ${run}: ${shown(one.rowsPerSecond)} rows/s, at most ${shown(one.peakMb)} MB, ${shown(one.cpuPerRow)} µs of the importer's processor a row and ${shown(one.postgresPerRow)} µs of Postgres's; COPY ${shown(peer)} rows/s; load average ${loadavg()[0]?.toFixed(1)}`,
      );
    }
  } finally {
    await backends.stop();
  }
  const rate = median(ours.map((one) => one.rowsPerSecond));
  const peak = median(ours.map((one) => one.peakMb));
  const growth = peak / small.peakMb;
  const fast = rate >= targetRate;
  const flat = growth <= mostGrowth;
  publish(
    {
      name: "import",
      ours: rate,
      peer: median(peers),
      unit: "rows/s",
      notes: [
        `Medians of ${runs} alternating runs; ${shown(rows)} rows through the API (email, names, a phone in a third, an attribute, one or two tags, consent to email); of a hundred rows one is refused, one repeats an earlier one and one meets a contact that is there. Counted from the start of the job to its end, every row's outcome checked; uploading comes before, but its processor time is counted with the importer's. Both processors' times are what the machine can be judged by while others use it. Peer is COPY of the same file into a table without keys and indexes: the limit, not a competitor.`,
        "",
        "| run | rows/s | COPY, rows/s | most memory | importer's processor, a row | Postgres's processor, a row |",
        "|---|---|---|---|---|---|",
        ...ours.map(
          (one, i) =>
            `| ${i + 1} | ${shown(one.rowsPerSecond)} | ${shown(peers[i] ?? Number.NaN)} | ${shown(one.peakMb)} MB | ${shown(one.cpuPerRow)} µs | ${shown(one.postgresPerRow)} µs |`,
        ),
        "",
        `Target ${shown(targetRate)} rows/s: ${fast ? "met" : "missed"}. Memory of the importing process: ${shown(small.peakMb)} MB at ${shown(Math.ceil(rows / 10))} rows, ${shown(peak)} MB at ${shown(rows)}: ${flat ? "flat" : "it grows"}.`,
        "",
        `Load average at the end: ${shown(loadavg()[0] ?? Number.NaN)}; other work on the machine takes part in it.`,
      ],
    },
    [...machineLines, backends.words],
  );
  if (!fast || !flat) process.exitCode = 1;
};
