// The bytes of an uploaded file, chunk by chunk or its beginning.
import type { Sql } from "../../../../shared/db/knex.ts";
import { readChunk } from "./store.ts";

/** The chunks in order; ends early when the file is dropped meanwhile. `onBytes` hears how many bytes were given out. */
export async function* readFile(
  sql: Sql,
  id: string,
  onBytes: (bytes: number) => void = () => {},
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for (let seq = 0; ; seq += 1) {
    const chunk = await readChunk(sql, id, seq);
    if (!chunk) return;
    bytes += chunk.length;
    yield chunk;
    onBytes(bytes);
  }
}

/** The first bytes of the file, at least `most` or all of them. */
export const readBeginning = async (sql: Sql, id: string, most: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of readFile(sql, id)) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= most) break;
  }
  return Buffer.concat(chunks);
};
