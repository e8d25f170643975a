// The sandbox forgets the mails of an erased person and stays whole: numbers, places and everybody else's mails hold.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listMail } from "../../services/sandbox/list-mail.ts";
import { type MailStore, openMailStore } from "../../services/sandbox/mail-store.ts";
import { systemClock } from "../../shared/lib/clock.ts";

let folder: string;
let store: MailStore;
const open = () => openMailStore({ folder, clock: systemClock });
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "lc-forget-"));
  store = await open();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const mail = (to: readonly string[], words: string) => ({
  from: "hello@example.org",
  to,
  subject: `For ${words}`,
  raw: Buffer.from(`Subject: For ${words}\r\nTo: ${to.join(", ")}\r\n\r\nDear ${words}, welcome. Ünïcode: äöü\r\n`),
});
const listed = async () =>
  (await listMail({ store }, { limit: 50, order: "asc" })).data.map(({ id, to, subject }) => [id, to, subject]);
const bytes = () =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), "latin1"))
    .join("\n");

test("blanks their mails in place, also after the mailbox was opened anew", async () => {
  await store.append(mail(["ada@example.org"], "Zoë Ada"));
  await store.append(mail(["max@example.org"], "Max"));
  await store.append(mail(["max@example.org", "Ada@Example.org"], "Ada and Max"));
  expect(await store.forget(["ADA@example.org"])).toBe(2);
  expect(await store.forget(["ada@example.org"])).toBe(0);
  expect(bytes()).not.toMatch(/ada/i);
  await store.close();
  store = await open();
  await store.append(mail(["grace@example.org"], "Grace"));
  expect(await listed()).toEqual([
    ["1", "", "(erased)"],
    ["2", "max@example.org", "For Max"],
    ["3", "", "(erased)"],
    ["4", "grace@example.org", "For Grace"],
  ]);
  const { total } = await listMail({ store }, { to: "ada@example.org", limit: 50, order: "asc" });
  expect(total).toBe(0);
});

test("a mail shorter than the notice is blanked all the same", async () => {
  await store.append({ ...mail(["a@b.example"], "x"), raw: Buffer.from("Subject: secret\r\n\r\n") });
  expect(await store.forget(["a@b.example"])).toBe(1);
  expect(bytes()).not.toMatch(/secret|a@b/);
  expect(await listed()).toHaveLength(1);
});
