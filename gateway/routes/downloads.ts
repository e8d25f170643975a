// Answers that are files: CSV of any size, fetched piece by piece while it is sent, so that memory stays flat, and one
// person's data as JSON.
import { callAction } from "../../shared/broker/context.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import type { ActionName, ActionParams, ActionResult } from "../../shared/contracts/index.ts";
import { type Exchange, sendText } from "../exchange.ts";
import type { Handler } from "../operations.ts";
import { metaOf } from "./api.ts";

/** Actions that answer a piece of a CSV file and where the next one begins. */
type CsvAction = {
  [N in ActionName]: ActionResult<N> extends { csv: string; nextCursor: string | null } ? N : never;
}[ActionName];

const asFile = ({ res }: Exchange, name: string) => {
  res.setHeader("content-disposition", `attachment; filename="${name}"`);
  res.setHeader("cache-control", "no-store");
};

const gone = () => new Error("the client has gone");

/** Resolves when more may be written; rejects when the client has gone away. */
const drained = ({ res }: Exchange): Promise<void> =>
  new Promise((resolve, reject) => {
    const onDrain = () => {
      res.off("close", onClose);
      resolve();
    };
    const onClose = () => {
      res.off("drain", onDrain);
      reject(gone());
    };
    res.once("drain", onDrain);
    res.once("close", onClose);
  });

/** Writes, and waits while the client is slower than we are. Rejects when it has gone away. */
export const writePiece = async (exchange: Exchange, text: string): Promise<void> => {
  if (exchange.res.destroyed) throw gone();
  if (!exchange.res.write(text)) await drained(exchange);
};

/**
 * The whole of a CSV file, one piece after the other. What fails before the first piece is a problem; later the
 * connection is cut, so that half a file never looks like a whole one.
 */
export const csvFile =
  (deps: Deps, name: CsvAction, fileName: string): Handler =>
  async (exchange) => {
    const { res } = exchange;
    const piece = (cursor: string | null) =>
      callAction(
        deps.broker,
        name,
        // The border where a query becomes parameters: the action checks them.
        { ...exchange.params, ...exchange.query, ...(cursor === null ? {} : { cursor }) } as ActionParams<CsvAction>,
        metaOf(exchange),
      );
    let { csv, nextCursor } = await piece(null);
    res.statusCode = 200;
    res.setHeader("content-type", "text/csv; charset=utf-8");
    asFile(exchange, fileName);
    if (exchange.req.method === "HEAD") {
      res.end();
      return;
    }
    try {
      await writePiece(exchange, csv);
      while (nextCursor !== null) {
        ({ csv, nextCursor } = await piece(nextCursor));
        await writePiece(exchange, csv);
      }
      res.end();
    } catch (error) {
      if (!res.destroyed) deps.log.warn(`${name} broke off: ${(error as Error).message}`);
      res.destroy();
    }
  };

/** What is held about one person. */
export const personFile =
  (deps: Deps): Handler =>
  async (exchange) => {
    const id = exchange.params.id ?? "";
    const held = await callAction(deps.broker, "contacts.export", { id }, metaOf(exchange));
    asFile(exchange, `contact-${id.replace(/[^\w-]/g, "")}.json`);
    sendText(exchange, 200, "application/json; charset=utf-8", `${JSON.stringify(held, null, 2)}\n`);
  };
