// The messages that a search finds, as pieces of a CSV file that spreadsheets open safely: with a byte order mark, and
// no cell that would be run as a formula.
import type { Deps } from "../../../shared/broker/deps.ts";
import type { Message } from "../../../shared/contracts/messages.ts";
import { csvLine, neutralised } from "../../../shared/lib/csv-line.ts";
import { type SearchFilter, searchMessages } from "./list.ts";

const pieceRows = 1_000;
const columns: readonly (readonly [name: string, cell: (message: Message) => string | number | null])[] = [
  ["id", (m) => m.id],
  ["created", (m) => m.createdAt],
  ["address", (m) => m.address],
  ["state", (m) => m.state],
  ["reason", (m) => m.reason],
  ["subject", (m) => m.subject],
  ["channel", (m) => m.channel],
  ["source", (m) => m.source],
  ["source id", (m) => m.sourceId],
  ["contact id", (m) => m.contactId],
  ["taken", (m) => m.acceptedAt],
  ["last change", (m) => m.updatedAt],
  ["attempts", (m) => m.attempts],
  ["provider", (m) => m.provider],
  ["provider's id", (m) => m.providerMessageId],
  ["server's answer", (m) => m.detail],
];

const lineOf = (cells: readonly (string | number | null)[]) =>
  `${csvLine(cells.map((cell) => neutralised(String(cell ?? ""))))}\r\n`;

/** The piece after `cursor`; the first one begins with the names of the columns. Throws CURSOR_INVALID. */
export const messagesCsv = async (
  deps: Deps,
  { cursor, ...filter }: SearchFilter & { readonly cursor?: string | undefined },
): Promise<{ csv: string; nextCursor: string | null }> => {
  const { data, nextCursor } = await searchMessages(deps, { ...filter, cursor, limit: pieceRows });
  const head = cursor === undefined ? `\ufeff${lineOf(columns.map(([name]) => name))}` : "";
  return { csv: head + data.map((message) => lineOf(columns.map(([, cell]) => cell(message)))).join(""), nextCursor };
};
