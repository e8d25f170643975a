// Imports as plain function calls, for tests: upload a file, submit it, run its job to the end.

import { getImport } from "../../services/contacts/imports/get-import.ts";
import { runImport } from "../../services/contacts/imports/run-import.ts";
import { submitImport } from "../../services/contacts/imports/submit-import.ts";
import { beginUpload, storeChunk } from "../../services/contacts/imports/upload/receive-upload.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { ImportOptions } from "../../shared/contracts/imports.ts";
import type { JobRun } from "../../shared/jobs/define.ts";

/** A run outside a worker. `signal` stops it as a worker's shutdown would. */
export const jobRun = (deps: Deps, signal = new AbortController().signal): JobRun => ({
  id: deps.id(),
  attempt: 1,
  signal,
  deps,
  log: () => undefined,
  progress: () => undefined,
});

export interface UploadChoices {
  readonly mapping?: Record<string, string>;
  readonly options?: Partial<Parameters<typeof ImportOptions.parse>[0] & object> & Record<string, unknown>;
  readonly chunkBytes?: number;
}

/** Uploads and submits a file; its job is queued, not run. */
export const upload = async (deps: Deps, file: Buffer | string, choices: UploadChoices = {}): Promise<string> => {
  const bytes = typeof file === "string" ? Buffer.from(file) : file;
  const { id } = await beginUpload(deps, { fileName: "people.csv" });
  const size = choices.chunkBytes ?? 384 * 1024;
  for (let from = 0, seq = 0; from < bytes.length; from += size, seq += 1)
    await storeChunk(deps, { id, seq, data: bytes.subarray(from, from + size).toString("base64") });
  await submitImport(deps, {
    id,
    mapping: choices.mapping ?? { Email: "email" },
    options: ImportOptions.parse(choices.options ?? {}),
  });
  return id;
};

/** Uploads, submits and runs; the import as it ended. */
export const importFile = async (deps: Deps, file: Buffer | string, choices: UploadChoices = {}) => {
  const id = await upload(deps, file, choices);
  await runImport({ importId: id }, jobRun(deps));
  return getImport(deps, { id });
};
