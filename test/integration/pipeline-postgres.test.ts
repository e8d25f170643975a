// Sending while single answers of Postgres come late or never: what was done is found out, and what is stale stays stale.
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pauseCampaign } from "../../services/campaigns/campaigns/life-cycle.ts";
import { query } from "../../shared/db/knex.ts";
import { createClaimer } from "../../shared/messaging/claimer.ts";
import { createReadyQueue } from "../../shared/messaging/ready-queue.ts";
import { freshDatabase } from "../helpers/infrastructure.ts";
import { openPipeline, type Pipeline } from "../helpers/pipeline.ts";

/** Called with each answer to a statement that contains `words`; it decides what the client hears of it, and when. */
type Answered = (client: Socket, answer: Buffer) => void;
let words = "";
let answered: Answered | undefined;

/** "Ready for the next statement": what was done is committed by then. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

const openProxy = async (target: URL) => {
  const server = createServer((client) => {
    const onward = connect(Number(target.port), target.hostname);
    let caught: Buffer[] | undefined;
    client.on("data", (chunk) => {
      if (answered && chunk.includes(words)) caught = [];
      onward.write(chunk);
    });
    onward.on("data", (chunk) => {
      if (!caught) return client.write(chunk);
      caught.push(chunk);
      if (!chunk.subarray(-READY.length).equals(READY)) return;
      const answer = Buffer.concat(caught);
      caught = undefined;
      if (answered) answered(client, answer);
      else client.write(answer);
    });
    client.on("error", () => onward.destroy()).on("close", () => onward.destroy());
    onward.on("error", () => client.destroy()).on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);
  return { url: url.href, close: () => void server.close() };
};

let p: Pipeline;
let closers: (() => Promise<void> | void)[];
beforeEach(async () => {
  answered = undefined;
  const database = await freshDatabase();
  const proxy = await openProxy(new URL(database.url));
  p = await openPipeline({ databaseUrl: proxy.url });
  closers = [() => p.close(), proxy.close, database.drop];
});
afterEach(async () => {
  for (const close of closers) await close();
});

test("a group whose hand-over was written down without our hearing of it is sent, and nobody of it counts as unknown", async () => {
  await p.people(60);
  let lost = 0;
  words = "set state = 'handing_off'";
  answered = (client) => {
    lost++;
    answered = undefined;
    client.destroy();
  };
  p.sender({ leaseSeconds: 8 });
  const id = await p.launch();
  expect(await p.finished(id, 30_000)).toBe("completed");
  expect(lost).toBe(1);
  expect((await p.stats(id)).states).toMatchObject({ accepted: 60, unknown: 0 });
  const tries = await query<{ attempts: number }>(p.db, "select distinct attempts from messaging.messages");
  expect(tries).toEqual([{ attempts: 1 }]);
});

test("who was paused stays paused when an older look at what may run is answered last", async () => {
  await p.people(1);
  const id = await p.launch();
  const options = { channel: "email", leaseSeconds: 30, policy: { maxAttempts: 3, backoffMs: () => 50 } } as const;
  const rest = { domainRates: new Map(), allowlist: [], live: false, drained: async () => undefined };
  const claimer = createClaimer(p.deps, "x", { ...options, ...rest }, createReadyQueue(), () => undefined);
  words = "from messaging.dispatches d";
  const held = new Promise<() => void>((resolve) => {
    answered = (client, answer) => {
      answered = undefined;
      resolve(() => client.write(answer));
    };
  });
  const older = claimer.refresh();
  const letGo = await held;
  await pauseCampaign(p.deps, { id });
  await claimer.refresh();
  expect(claimer.mayRun(id)).toBe(false);
  letGo();
  await older;
  expect(claimer.mayRun(id)).toBe(false);
});
