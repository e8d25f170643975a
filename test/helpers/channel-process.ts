// A process with one listener on an adapter, for what may end or freeze the process. Arguments: which adapter, the Redis
// URL, and `stubborn` when a promise that nobody handles must not end the process.
import { type KitName, kits, listener } from "./channel-kits.ts";

const [kit = "ours", url = "", mood = ""] = process.argv.slice(2);
const tell = (message: object) => process.send?.(message);

if (mood === "stubborn") process.on("unhandledRejection", (reason) => tell({ unhandled: String(reason) }));
const broker = kits[kit as KitName].broker(url, [listener(async ({ n }) => tell({ handled: n }))], { maxInFlight: 1 });
await broker.start();
tell({ listening: true });
process.on("disconnect", () => process.exit());
