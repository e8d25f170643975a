// Sender accounts and templates over a real broker: CRUD by moleculer-db, guarded, with the catalogue's errors.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServedServices, serveServices } from "../helpers/service-broker.ts";

let t: ServedServices;
beforeAll(async () => {
  t = await serveServices(() =>
    Promise.all([
      import("../../services/email/senders.service.ts"),
      import("../../services/campaigns/templates.service.ts"),
    ]),
  );
});
afterAll(() => t.close());

test("there is always exactly one default sender account, and it cannot be deleted", async () => {
  const first = (await t.call("senders.list", {})).data[0];
  expect(first).toMatchObject({ isDefault: true, isPlaceholder: true });
  const made = await t.call("senders.create", {
    name: "Ours",
    fromName: "Ada",
    fromAddress: "Ada@Example.org",
    postalAddress: "1 Real Street, Town",
  });
  expect(made).toMatchObject({ fromAddress: "ada@example.org", isDefault: false, isPlaceholder: false });
  expect(await t.call("senders.makeDefault", { id: made.id })).toMatchObject({ isDefault: true });
  expect((await t.call("senders.list", {})).data.filter((a) => a.isDefault)).toHaveLength(1);
  await expect(t.call("senders.remove", { id: made.id })).rejects.toMatchObject({ type: "SENDER_ACCOUNT_DEFAULT" });
  expect(await t.call("senders.update", { id: first?.id as string, fromAddress: "new@example.org" })).toMatchObject({
    isPlaceholder: false,
  });
  await t.call("senders.remove", { id: first?.id as string });
  await expect(t.call("senders.get", { id: first?.id as string })).rejects.toMatchObject({
    type: "SENDER_ACCOUNT_NOT_FOUND",
  });
});

test("a sender's address must be one", async () => {
  await expect(t.call("senders.create", { name: "x", fromName: "x", fromAddress: "nope" })).rejects.toMatchObject({
    type: "VALIDATION_FAILED",
    data: { errors: [{ path: "fromAddress" }] },
  });
  await expect(
    t.call("senders.create", { name: "x", fromName: "a\r\nBcc: b", fromAddress: "a@b.example" }),
  ).rejects.toMatchObject({ data: { errors: [{ path: "fromName" }] } });
});

test("a template is changed under its version and frozen when published", async () => {
  const made = await t.call("templates.create", {
    name: "Welcome",
    subject: "Hi {{firstName|there}}",
    html: "<p>{{attrs.city|your town}}</p>",
  });
  expect(made).toMatchObject({ version: 1, publishedVersion: null });
  const changed = await t.call("templates.update", { id: made.id, html: "<p>Hello {{firstName}}</p>", version: 1 });
  expect(changed).toMatchObject({ version: 2, subject: "Hi {{firstName|there}}" });
  await expect(t.call("templates.update", { id: made.id, html: "<p>x</p>", version: 1 })).rejects.toMatchObject({
    type: "VERSION_CONFLICT",
  });
  expect(await t.call("templates.publish", { id: made.id })).toMatchObject({ publishedVersion: 1, changed: false });
  const shown = await t.call("templates.preview", { id: made.id, vars: { firstName: "<Zoë>" } });
  expect(shown).toMatchObject({ subject: "Hi <Zoë>" });
  expect(shown.html).toContain("Hello &lt;Zoë&gt;");
  expect(shown.text).toContain("Unsubscribe");
  await t.call("templates.update", { id: made.id, html: "<p>{{frstName}} {{open" });
  await expect(t.call("templates.publish", { id: made.id })).rejects.toMatchObject({ type: "TEMPLATE_INVALID" });
  await expect(t.call("templates.create", { name: "welcome" })).rejects.toMatchObject({ type: "NAME_TAKEN" });
});
