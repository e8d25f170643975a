// The faults of the sandbox as a sender meets them on the wire.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFaults } from "../../services/sandbox/faults.ts";
import { type MailServer, openMailServer } from "../../services/sandbox/mail-server.ts";
import { type FaultRequest, FaultRequest as FaultSchema } from "../../shared/contracts/sandbox.ts";
import { systemClock } from "../../shared/lib/clock.ts";

let folder: string;
let server: MailServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lc-sandbox-"));
  server = await openMailServer({
    folder,
    clock: systemClock,
    random: Math.random,
    onError: (error) => expect.fail(error.message),
  });
});

afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

const play = (request: FaultRequest) => server.faults.add(FaultSchema.parse(request));

const send = async (to: string | string[]) => {
  const { host, port } = server.smtp;
  const transport = createTransport({ host, port, ignoreTLS: true });
  return transport.sendMail({ from: "a@example.org", to, subject: "hello", text: "body" });
};

const stored = () => server.store.index().count();

describe("the sandbox's faults", () => {
  it("throttles with 454 as often as asked, then takes mail again", async () => {
    play({ kind: "throttle", count: 2 });
    await expect(send("p@example.org")).rejects.toMatchObject({ responseCode: 454 });
    await expect(send("p@example.org")).rejects.toMatchObject({ responseCode: 454 });
    await send("p@example.org");
    expect(stored()).toBe(1);
    expect(server.faults.list()).toEqual([]);
  });

  it("ends the connection after a 421", async () => {
    play({ kind: "throttle", code: 421, count: 1 });
    await expect(send("p@example.org")).rejects.toMatchObject({ message: expect.stringContaining("421") });
    await send("p@example.org");
  });

  it("rejects only the recipients it was told to", async () => {
    play({ kind: "reject", to: "nobody@example.org" });
    play({ kind: "reject", code: 551, to: "*.gone.example" });
    await expect(send("Nobody@Example.org")).rejects.toMatchObject({ responseCode: 550 });
    await expect(send("x@mail.gone.example")).rejects.toMatchObject({ responseCode: 551 });
    const { accepted, rejected } = await send(["somebody@example.org", "nobody@example.org"]);
    expect({ accepted, rejected }).toEqual({ accepted: ["somebody@example.org"], rejected: ["nobody@example.org"] });
  });

  it("stores a mail, stays silent and drops the connection", async () => {
    play({ kind: "timeout_after_accept", ms: 50, count: 1 });
    await expect(send("p@example.org")).rejects.toThrow();
    expect(stored()).toBe(1);
  });

  it("answers late when it is slow", async () => {
    play({ kind: "slow", ms: 300 });
    const before = performance.now();
    await send("p@example.org");
    expect(performance.now() - before).toBeGreaterThanOrEqual(299);
    expect(server.faults.list()).toMatchObject([{ kind: "slow", ms: 300, struck: 1, remaining: null }]);
  });

  it("ends all faults with none", async () => {
    play({ kind: "reject" });
    play({ kind: "none" });
    await send("p@example.org");
    expect(server.faults.list()).toEqual([]);
  });

  it("strikes with the asked probability", () => {
    const throws = [0.1, 0.6, 0.49, 0.5];
    const faults = createFaults(() => throws.shift() ?? 0);
    faults.add({ kind: "reject", probability: 0.5, to: "@example.org" });
    const struck = Array.from({ length: 4 }, () => faults.atRecipient("a@example.org") !== undefined);
    expect(struck).toEqual([true, false, true, false]);
    expect(faults.atRecipient("a@elsewhere.org")).toBeUndefined();
  });

  it("refuses a reply code that does not fit the kind", () => {
    expect(FaultSchema.safeParse({ kind: "throttle", code: 550 }).error?.issues[0]?.path).toEqual(["code"]);
    expect(FaultSchema.safeParse({ kind: "reject", code: 454 }).success).toBe(false);
    expect(FaultSchema.safeParse({ kind: "slow", code: 454 }).success).toBe(false);
    expect(FaultSchema.safeParse({ kind: "explode" }).success).toBe(false);
  });
});
