// `npm run queue:status`: a table of the queues for people, `-- --json` for programs. Exits with 0 when all is well, with
// 1 when a queue stands still or fails, with 2 when it cannot look. It asks Postgres only, so it needs no other process.
import { parseArgs } from "node:util";
import { connectPostgres } from "../shared/db/knex.ts";
import { readEnvironment } from "../shared/environment.ts";
import { readBackends } from "../shared/local-backends.ts";
import { examineQueues, type QueueStatus } from "./queue-status/examine.ts";

const unable = (sentence: string): never => {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
};

const usage = "Usage: npm run queue:status [-- --json] [--stalled <seconds, 120>] [--failing <percent, 50>]";
const read = () => {
  try {
    const { values } = parseArgs({
      options: {
        json: { type: "boolean", default: false },
        stalled: { type: "string", default: "120" },
        failing: { type: "string", default: "50" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) {
      process.stdout.write(
        `${usage}\nExits with 0 when all is well, with 1 when a queue stands still or fails, with 2 when it cannot look.\n`,
      );
      process.exit(0);
    }
    const limits = { stalledSeconds: Number(values.stalled), failingPercent: Number(values.failing) };
    return limits.stalledSeconds >= 0 && limits.failingPercent >= 0 && limits.failingPercent <= 100
      ? { json: values.json, limits }
      : unable(
          `Found --stalled ${values.stalled} --failing ${values.failing}; expected seconds from 0 on, and a percentage from 0 to 100\n${usage}`,
        );
  } catch (error) {
    return unable(`${(error as Error).message}\n${usage}`);
  }
};

const columns = ["queue", "waiting", "oldest", "running", "later", "done/h", "failed/h", ""] as const;
const cells = (one: QueueStatus): readonly string[] => [
  one.queue,
  String(one.waiting),
  one.oldestSeconds === null ? "" : `${one.oldestSeconds} s`,
  ...[one.running, one.later, one.completedLastHour, one.failedLastHour].map(String),
  one.held ? "held" : one.problems.length > 0 ? "look below" : "",
];
const tableOf = (queues: readonly QueueStatus[]): string => {
  const lines = [columns, ...queues.map(cells)];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  const text = lines.map((line) =>
    line
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join("  "),
  );
  const problems = queues.flatMap(({ queue, problems: found }) => found.map((sentence) => `${queue}: ${sentence}`));
  return [...text.map((line) => line.trimEnd()), "", ...(problems.length > 0 ? problems : ["All is well."])].join("\n");
};

const { json, limits } = read();
const { value } = readEnvironment();
const url = value("DATABASE_URL") ?? readBackends(value("LC_DATA_DIR") ?? ".data")?.databaseUrl;
if (!url) unable("No database is known: set DATABASE_URL, or run `npm start` on this data folder.");
const db = connectPostgres(url as string, 4, "lc:queue-status");
try {
  const queues = await examineQueues(db, limits);
  const ok = queues.every(({ problems }) => problems.length === 0);
  const text = json ? JSON.stringify({ ok, ...limits, queues }, null, 2) : tableOf(queues);
  process.exitCode = ok ? 0 : 1;
  process.stdout.write(`${text}\n`);
} catch (error) {
  unable(`Postgres cannot be asked: ${(error as Error).message.split(" - ").at(-1)}`);
} finally {
  await db.destroy();
}
