// The sandbox killed with -9 while mail arrives: every mail that was answered with 250 is there again, whole.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listMail } from "../../services/sandbox/list-mail.ts";
import { type MailStore, openMailStore } from "../../services/sandbox/mail-store.ts";
import { systemClock } from "../../shared/lib/clock.ts";

let folder: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lc-sandbox-"));
});

afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

const program = `
const { openMailServer } = await import(process.argv[1]);
const clock = { now: () => new Date(), monotonic: () => performance.now() };
const server = await openMailServer({ folder: process.argv[2], clock, random: Math.random, onError: () => {} });
process.send(server.smtp.port);
`;

const startProcess = async (): Promise<number> => {
  const module = new URL("../../services/sandbox/mail-server.ts", import.meta.url).href;
  child = spawn(process.execPath, ["--input-type=module", "-e", program, module, folder], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const [port] = (await once(child, "message")) as [number];
  return port;
};

const texts = async (store: MailStore) => (await listMail({ store }, { limit: 1000, order: "asc" })).data;

describe("the sandbox mailbox after a crash", () => {
  it("holds every mail that was answered with 250", async () => {
    const port = await startProcess();
    const transport = createTransport({ host: "127.0.0.1", port, ignoreTLS: true, pool: true, maxConnections: 8 });
    const text = "0123456789".repeat(500);
    const answered = new Set<string>();
    let next = 0;
    let killed = false;
    const sender = async () => {
      while (!killed) {
        const to = `p${next++}@example.org`;
        await transport.sendMail({ from: "a@example.org", to, subject: to, text });
        answered.add(to);
        if (answered.size === 200) {
          killed = true;
          child?.kill("SIGKILL");
        }
      }
    };
    await Promise.allSettled(Array.from({ length: 8 }, sender));
    transport.close();

    const store = await openMailStore({ folder: join(folder, "mail"), clock: systemClock });
    const mails = await texts(store);
    expect(answered.size).toBeGreaterThanOrEqual(200);
    const found = new Set(mails.map((mail) => mail.to));
    expect([...answered].filter((to) => !found.has(to))).toEqual([]);
    for (const mail of mails) expect(mail).toMatchObject({ subject: mail.to, text: expect.stringContaining(text) });
    await store.close();
  });

  const raw = (text: string) => Buffer.from(`Subject: ${text}\r\n\r\n${text}\r\n`);
  const files = () => ({ segment: join(folder, "mail", "00000001.mails"), index: join(folder, "mail", "index") });

  const filled = async () => {
    const store = await openMailStore({ folder: join(folder, "mail"), clock: systemClock });
    for (const text of ["one", "two"])
      await store.append({ from: "", to: ["a@b.example"], subject: text, raw: raw(text) });
    await store.close();
  };

  const reopened = async () => {
    const store = await openMailStore({ folder: join(folder, "mail"), clock: systemClock });
    await store.append({ from: "", to: ["a@b.example"], subject: "three", raw: raw("three") });
    const subjects = (await texts(store)).map((mail) => [mail.subject, mail.text.trim()]);
    await store.close();
    return subjects;
  };

  it("cuts half a mail from the end of a segment", async () => {
    await filled();
    const { size } = await stat(files().segment);
    await appendFile(files().segment, "Subject: half of a ma");
    expect(await reopened()).toEqual([
      ["one", "one"],
      ["two", "two"],
      ["three", "three"],
    ]);
    expect((await stat(files().segment)).size).toBe(size + raw("three").length);
  });

  it("cuts half a line from the end of the index", async () => {
    await filled();
    await appendFile(files().index, '[3,1,99,12,"","a@');
    expect(await reopened()).toEqual([
      ["one", "one"],
      ["two", "two"],
      ["three", "three"],
    ]);
  });

  it("drops a mail whose bytes never reached the disk, and what came after it", async () => {
    await filled();
    await truncate(files().segment, raw("one").length + 3);
    expect(await reopened()).toEqual([
      ["one", "one"],
      ["three", "three"],
    ]);
  });
});
