// Pages of the audit log, and the same as CSV whose cells no spreadsheet runs as a formula.
import type { z } from "zod";
import type { Deps } from "../../shared/broker/deps.ts";
import type { AuditLine } from "../../shared/contracts/audit.ts";
import { idOfCursor, pageById } from "../../shared/db/id-page.ts";
import { csvLine, neutralised } from "../../shared/lib/csv-line.ts";
import { type AuditRow, searchLines } from "./store.ts";

export interface AuditQuery {
  readonly user?: string | undefined;
  readonly action?: string | undefined;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
}

const mostLines = 50_000;
/** Lines read at a time for a file. */
const batch = 5_000;

const showLine = (row: AuditRow): z.output<typeof AuditLine> => ({
  id: row.id,
  at: row.at.toISOString(),
  action: row.action,
  user: row.userId === null ? null : { id: row.userId, email: row.email, name: row.name },
  tokenId: row.tokenId,
  objectId: row.objectId,
  requestId: row.requestId,
  address: row.address,
  detail: row.detail,
});

/** A page of lines, the newest first. Throws CURSOR_INVALID. */
export const searchAudit = async (
  deps: Pick<Deps, "db">,
  { limit, cursor, ...filter }: AuditQuery & { limit: number; cursor?: string | undefined },
) => {
  const rows = await searchLines(deps.db, { ...filter, after: idOfCursor(cursor), limit: limit + 1 });
  const { data, nextCursor } = pageById(rows, limit);
  return { data: data.map(showLine), nextCursor };
};

const head = ["at", "action", "email", "name", "user", "token", "object", "request", "address", "detail"];

/** The newest lines as CSV, at most 50,000. */
export const auditCsv = async (deps: Pick<Deps, "db">, filter: AuditQuery): Promise<string> => {
  const lines = [csvLine(head)];
  let after: string | undefined;
  for (let rows: AuditRow[] = []; ; ) {
    const limit = Math.min(batch, mostLines + 1 - lines.length);
    rows = await searchLines(deps.db, { ...filter, after, limit });
    for (const row of rows) {
      const { at, action, email, name, userId, tokenId, objectId, requestId, address, detail } = row;
      const facts = Object.keys(detail).length > 0 ? JSON.stringify(detail) : "";
      const cells = [at.toISOString(), action, email, name, userId, tokenId, objectId, requestId, address, facts];
      lines.push(csvLine(cells.map((cell) => neutralised(cell ?? ""))));
    }
    after = rows.at(-1)?.id;
    if (rows.length < limit || lines.length > mostLines) return `${lines.join("\r\n")}\r\n`;
  }
};
