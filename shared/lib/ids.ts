// Ids as a dependency: uuid version 7 (RFC 9562), so ids sort by the time they were made, in one process also within a
// millisecond. Random bytes are taken from the system in large pieces: asking for each id costs more than the rest.
import { randomFillSync } from "node:crypto";
import { v7 } from "uuid";

export type MakeId = () => string;

const bytesPerId = 16;
const pool = new Uint8Array(256 * bytesPerId);
let used = pool.length;
let msecs = Number.NEGATIVE_INFINITY;
let seq = 0;

const randomBytes = (): Uint8Array => {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytesPerId;
  return pool.subarray(used - bytesPerId, used);
};

export const makeId: MakeId = () => {
  const random = randomBytes();
  const now = Date.now();
  if (now > msecs) {
    msecs = now;
    // A random start with room to count up; v7 does not use these four bytes otherwise.
    seq = new DataView(random.buffer, random.byteOffset).getUint32(6) >>> 1;
  } else {
    seq = (seq + 1) >>> 0;
    if (seq === 0) msecs++;
  }
  return v7({ random, msecs, seq });
};
