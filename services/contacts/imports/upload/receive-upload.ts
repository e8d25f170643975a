// Receives a file in chunks: begun, stored piece by piece, thrown away when it is not wanted. Imported only by submit.
import type { Deps } from "../../../../shared/broker/deps.ts";
import { fail } from "../../../../shared/contracts/errors.ts";
import { communitiesOf } from "../../../../shared/lib/scope.ts";
import { deleteUpload, insertChunk, insertUpload } from "./store.ts";

/** Bytes of one chunk. */
const MAX_CHUNK = 640 * 1024;

const noUpload = (id: string) =>
  fail("IMPORT_NOT_FOUND", `No upload has the id ${id}. It may have been submitted or thrown away.`);

/** The id under which the chunks are stored. */
export const beginUpload = async (deps: Deps, { fileName }: { readonly fileName: string }): Promise<{ id: string }> => {
  const id = deps.id();
  await insertUpload(deps.db, id, fileName, communitiesOf(deps.scope));
  return { id };
};

/** Stores a chunk; `seq` counts from 0 without gaps. Storing the same one again changes nothing. */
export const storeChunk = async (
  deps: Deps,
  { id, seq, data }: { readonly id: string; readonly seq: number; readonly data: string },
): Promise<{ ok: true }> => {
  const bytes = Buffer.from(data, "base64");
  if (bytes.length > MAX_CHUNK)
    throw fail(
      "BODY_TOO_LARGE",
      `A chunk has ${bytes.length} bytes; expected at most ${MAX_CHUNK}. Send smaller ones.`,
    );
  if (!(await insertChunk(deps.db, { id, seq, data: bytes }, deps.scope))) throw noUpload(id);
  return { ok: true };
};

/** Throws an upload away. An import that was submitted is cancelled instead. */
export const discardUpload = async (deps: Deps, { id }: { readonly id: string }): Promise<{ ok: true }> => {
  if (!(await deleteUpload(deps.db, id, deps.scope))) throw noUpload(id);
  return { ok: true };
};
