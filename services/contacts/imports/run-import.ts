// The job that imports a file: streams it, reads rows into batches, and writes each batch with the progress in one
// transaction. A run that follows a crash reads the file again, passes over what is done, and carries on.
import { setImmediate as turn } from "node:timers/promises";
import type { Deps } from "../../../shared/broker/deps.ts";
import { isConnectionLost } from "../../../shared/db/knex.ts";
import { type JobRun, retryLater } from "../../../shared/jobs/define.ts";
import { publish } from "../../../shared/jobs/outbox.ts";
import { type Applied, applyBatch, type Batch, prepareBatch } from "./batch/apply-batch.ts";
import type { KnownContact } from "./batch/match-rows.ts";
import { headerNames, isSeparatorLine, readHead } from "./csv-head.ts";
import { csvRows, isBlank } from "./csv-rows.ts";
import { FileProblem } from "./file-problem.ts";
import { headerErrors, type MappedColumn, mappedColumns } from "./mapping.ts";
import { readRow } from "./row-input.ts";
import { endImport, keepForm, type RunningImport, startImport } from "./store.ts";
import { confirmUtf8 } from "./text-encoding.ts";
import { readBeginning, readFile } from "./upload/read-file.ts";

const BATCH_ROWS = 3_000;
/** Characters of a batch, so that thousands of long rows do not fill the memory. */
const BATCH_SIZE = 4_000_000;
/** Rows after which the event loop has a turn: the statements of the batch before wait for it. */
const TURN_ROWS = 50;
const MAX_COLUMNS = 1_000;
const HEAD = 1_100_000;
const ANNOUNCE_MS = 1_000;
/** An error that nobody foresaw is tried again this often before the import is given up. */
const TRIES = 5;

const formOf = async (deps: Deps, running: RunningImport) => {
  const { id, options } = running;
  if (running.encoding && running.delimiter) return { encoding: running.encoding, delimiter: running.delimiter };
  const head = await readHead(await readBeginning(deps.db, id, HEAD), options);
  const { headers, delimiter } = head;
  if (headers.length > MAX_COLUMNS)
    throw new FileProblem(
      `The file has ${headers.length} columns; expected at most ${MAX_COLUMNS}. Take out those that are not needed.`,
    );
  const encoding =
    head.encoding === "utf-8" && !options.encoding ? await confirmUtf8(readFile(deps.db, id)) : head.encoding;
  await keepForm(deps.db, id, { encoding, delimiter, headers });
  return { encoding, delimiter };
};

const columnsOf = (running: RunningImport, headers: readonly string[]): readonly MappedColumn[] => {
  const [wrong] = headerErrors(running.mapping, headers);
  if (wrong) throw new FileProblem(`${wrong.path}: ${wrong.message}.`);
  return mappedColumns(running.mapping, headers);
};

/** Batches of the rows after the first `skip`; blank lines count for row numbers only. */
async function* batches(deps: Deps, running: RunningImport, skip: number): AsyncGenerator<Omit<Batch, "announce">> {
  const form = await formOf(deps, running);
  const country = running.options.country ?? "US";
  let bytesDone = 0;
  let header: { readonly width: number; readonly columns: readonly MappedColumn[] } | undefined;
  let number = 0;
  let left = skip;
  let rows: Batch["rows"][number][] = [];
  let size = 0;
  const file = readFile(deps.db, running.id, (bytes) => {
    bytesDone = bytes;
  });
  try {
    for await (const cells of csvRows(file, form)) {
      number += 1;
      if (number % TURN_ROWS === 0) await turn();
      if (isBlank(cells) || (!header && isSeparatorLine(cells))) continue;
      if (!header) {
        const names = headerNames(cells);
        header = { width: names.length, columns: columnsOf(running, names) };
        continue;
      }
      if (left > 0) {
        left -= 1;
        continue;
      }
      rows.push(readRow(number, cells, header.columns, { width: header.width, country }));
      for (const cell of cells) size += cell.length;
      if (rows.length < BATCH_ROWS && size < BATCH_SIZE) continue;
      yield { rows, bytesDone };
      rows = [];
      size = 0;
    }
  } catch (error) {
    // The rows before the place that cannot be read are taken all the same.
    if (error instanceof FileProblem && rows.length > 0) yield { rows, bytesDone };
    throw error;
  }
  if (rows.length > 0) yield { rows, bytesDone };
}

const finish = (deps: Deps, id: string, status: "completed" | "failed", reason: string | null) =>
  deps.db.transaction(async (trx) => {
    if (await endImport(trx, id, status, reason)) await publish(trx, "import.finished", { importId: id, status });
  });

/** True when the last row is done; false when the import was cancelled or somebody else carries it on. */
const importRows = async (deps: Deps, running: RunningImport, run: JobRun): Promise<boolean> => {
  let done = running.total;
  let announced = deps.clock.monotonic();
  // Postgres writes one batch while the next is read, checked and matched here.
  let writing: Promise<Applied> = Promise.resolve("done");
  let left: readonly KnownContact[] = [];
  try {
    for await (const batch of batches(deps, running, done)) {
      const announce = deps.clock.monotonic() - announced >= ANNOUNCE_MS;
      if (announce) announced = deps.clock.monotonic();
      const whole = { ...batch, announce };
      const matching = prepareBatch(deps.db, deps, running, whole, left);
      const [before, early] = await Promise.all([writing, matching]);
      if (before === "stopped") return false;
      // When the batch before was not written as it was matched, what followed from that is void.
      const matched = before === "done" ? early : await prepareBatch(deps.db, deps, running, whole);
      run.signal.throwIfAborted();
      run.progress(running.bytes > 0 ? Math.min(1, batch.bytesDone / running.bytes) : 1);
      writing = applyBatch(deps, running, done, whole, matched);
      // Its error is met where it is awaited; until then it must not count as unhandled.
      writing.catch(() => undefined);
      left = matched.left;
      done += batch.rows.length;
    }
  } catch (error) {
    if ((await writing) === "stopped") return false;
    throw error;
  }
  return (await writing) !== "stopped";
};

/** Runs an import to its end. Safe to run any number of times, also at once: each row takes effect once. */
export const runImport = async ({ importId }: { readonly importId: string }, run: JobRun): Promise<void> => {
  const { deps } = run;
  try {
    const running = await startImport(deps.db, importId);
    if (!running) return;
    if (await importRows(deps, running, run)) await finish(deps, importId, "completed", null);
  } catch (error) {
    if (error instanceof FileProblem) {
      await finish(deps, importId, "failed", error.message);
      return;
    }
    if (run.signal.aborted) throw error;
    if (isConnectionLost(error)) throw retryLater(2_000, "Postgres is away");
    if (run.attempt >= TRIES) {
      run.log(`given up: ${error instanceof Error ? error.message : String(error)}`);
      await finish(
        deps,
        importId,
        "failed",
        "The import stopped because of an error on our side. The rows before it were taken; the job's page shows the error.",
      );
    }
    throw error;
  }
};
