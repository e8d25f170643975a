// GET /bulk-acts/:id/file.csv: an export of any size, fetched chunk by chunk as fast as the client takes it.
import { callAction } from "../../shared/broker/context.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import type { Handler } from "../operations.ts";
import { metaOf } from "./api.ts";
import { writePiece } from "./downloads.ts";

/** Sends the file. Once the first byte is out, a failure can only break the connection off: the length then tells it. */
export const exportCsv =
  (deps: Deps): Handler =>
  async (exchange) => {
    const { req, res } = exchange;
    const id = exchange.params.id ?? "";
    const meta = metaOf(exchange);
    const { chunks, bytes } = await callAction(deps.broker, "bulk.file", { id }, meta);
    res.statusCode = 200;
    res.setHeader("content-type", "text/csv; charset=utf-8");
    res.setHeader("content-length", bytes);
    res.setHeader("content-disposition", `attachment; filename="contacts-${id.replace(/[^\w-]/g, "")}.csv"`);
    res.setHeader("cache-control", "no-store");
    if (req.method === "HEAD") {
      res.end();
      return;
    }
    try {
      for (let seq = 0; seq < chunks; seq += 1) {
        const { text } = await callAction(deps.broker, "bulk.fileChunk", { id, seq }, meta);
        await writePiece(exchange, text);
      }
      res.end();
    } catch (error) {
      if (!res.headersSent && !res.destroyed) throw error;
      if (!res.destroyed) deps.log.warn(`an export broke off while it was sent: ${(error as Error).message}`);
      res.destroy();
    }
  };
