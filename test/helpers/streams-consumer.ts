// A consumer process for the fault tests: reads events of one group and tells its parent over IPC what it does.
// Arguments: Redis URL, consumer name, lease in ms, and what its handler does: `hold` never ends, `crash` ends the
// process, `work` takes 5 ms.
import { connectRedis } from "../../shared/streams/connections.ts";
import { createGroupReader, readerConnection } from "../../shared/streams/group-reader.ts";

const [url = "", consumer = "", leaseMs = "600", behaviour = "work"] = process.argv.slice(2);
const tell = (message: object) => process.send?.(message);

const reader = createGroupReader({
  group: "campaigns",
  consumer,
  redis: connectRedis(url, "streams"),
  connect: () => connectRedis(url, "reader", { redis: readerConnection }),
  limits: { leaseMs: Number(leaseMs), retryFirstMs: 10, retryCapMs: 50, maxAttempts: 3 },
});
reader.subscribe({
  type: "message.delivered",
  async handle({ id, attempt, signal }) {
    tell({ started: id, attempt });
    signal.addEventListener("abort", () => tell({ aborted: id }));
    if (behaviour === "crash") process.kill(process.pid, "SIGKILL");
    if (behaviour !== "work")
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    await new Promise((resolve) => setTimeout(resolve, 5));
    tell({ finished: id });
  },
});
reader.openEvents();
tell({ reading: true });
process.on("disconnect", () => process.exit());
