// A process whose service listens to many channels and has nothing to do, with our adapter or the stock one. Says over
// IPC, when asked, how much processor time it has used so far.
import channels from "@moleculer/channels";
import { ServiceBroker, type ServiceSchema } from "moleculer";
import { channelsMiddleware, StreamsAdapter } from "../../../shared/streams/adapter.ts";
import { cpuSeconds } from "../jobs/protocol.ts";

const [side, redisUrl = "", count = "50"] = process.argv.slice(2);
// The type of the stock middleware demands what it has defaults for: a border.
const stock = { adapter: { type: "Redis", options: { redis: redisUrl } } } as unknown as Parameters<
  typeof channels.Middleware
>[0];
const middleware = side === "ours" ? channelsMiddleware(new StreamsAdapter({ redisUrl })) : channels.Middleware(stock);
const broker = new ServiceBroker({ logger: false, middlewares: [middleware] });
const handler = async (): Promise<void> => undefined;
broker.createService({
  name: "listener",
  channels: Object.fromEntries(
    Array.from({ length: Number(count) }, (_, i) => [`bench${i}.happened`, { group: "campaigns", handler }]),
  ),
} as unknown as ServiceSchema);
await broker.start();
process.on("message", () => process.send?.(cpuSeconds()));
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
