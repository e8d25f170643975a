// Looks at the first bytes of a file before it is uploaded: how it is written, its headers, some rows, a likely mapping.
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { readHead } from "./csv-head.ts";
import { FileProblem } from "./file-problem.ts";
import { suggestMapping } from "./suggest-mapping.ts";

const SAMPLE = 20;

/** `head` is base64. Throws VALIDATION_FAILED with path `head` when the file is empty or no text. */
export const inspectFile = async (
  _deps: Deps,
  { head }: { readonly head: string },
): Promise<{
  encoding: string;
  delimiter: string;
  headers: string[];
  sample: string[][];
  mapping: Record<string, string>;
}> => {
  try {
    const { encoding, delimiter, headers, rows } = await readHead(Buffer.from(head, "base64"), {}, SAMPLE + 1);
    return {
      encoding,
      delimiter,
      headers: [...headers],
      sample: rows.map((row) => [...row]),
      mapping: suggestMapping(headers),
    };
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    throw fail("VALIDATION_FAILED", error.message, { errors: [{ path: "head", message: error.message }] });
  }
};
