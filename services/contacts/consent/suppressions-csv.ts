// Suppressed addresses as pieces of a CSV file that spreadsheets open safely.
import type { Deps } from "../../../shared/broker/deps.ts";
import { csvLine, neutralised } from "../../../shared/lib/csv-line.ts";
import { listSuppressedAddresses, type SuppressionQuestion } from "./list-suppressed-addresses.ts";

const pieceRows = 1_000;
const lineOf = (cells: readonly string[]) => `${csvLine(cells.map(neutralised))}\r\n`;

/** The piece after `cursor`; the first one begins with the names of the columns. Throws CURSOR_INVALID. */
export const suppressionsCsv = async (
  deps: Deps,
  params: Omit<SuppressionQuestion, "limit">,
): Promise<{ csv: string; nextCursor: string | null }> => {
  const { data, nextCursor } = await listSuppressedAddresses(deps, { ...params, limit: pieceRows });
  const head =
    params.cursor === undefined ? `\ufeff${lineOf(["address", "channel", "reason", "since", "message"])}` : "";
  const lines = data.map((entry) =>
    lineOf([entry.address ?? "(erased person)", entry.channel, entry.reason, entry.createdAt, entry.messageId ?? ""]),
  );
  return { csv: head + lines.join(""), nextCursor };
};
