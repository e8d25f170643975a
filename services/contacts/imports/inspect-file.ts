// Looks at the first bytes of a file before it is uploaded: how it is written, its headers, some rows, a likely mapping.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { imports } from "../../../shared/contracts/imports.ts";
import { FileProblem } from "./file-problem.ts";
import { suggestReading } from "./remembered/remember-file.ts";

const SAMPLE = 20;

/** `head` is base64. Throws VALIDATION_FAILED with path `head` when the file is empty or no text. */
export const inspectFile = async (
  deps: Deps,
  { head }: { readonly head: string },
): Promise<z.input<typeof imports.actions.inspect.result>> => {
  try {
    const found = await suggestReading(deps.db, Buffer.from(head, "base64"), { rows: SAMPLE + 1, scope: deps.scope });
    const { encoding, delimiter, headers, rows } = found.head;
    return {
      encoding,
      delimiter,
      headers: [...headers],
      sample: rows.map((row) => [...row]),
      mapping: found.mapping,
      remembered: found.remembered,
    };
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    throw fail("VALIDATION_FAILED", error.message, { errors: [{ path: "head", message: error.message }] });
  }
};
