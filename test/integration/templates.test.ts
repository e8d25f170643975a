// Templates over HTTP: drafts under ETags, versions that never change, previews, test mails, and what campaigns send of
// them.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTarget, type Target } from "../helpers/bad-input.ts";
import { until } from "../helpers/processes.ts";

let target: Target;
beforeAll(async () => {
  target = await openTarget();
});
afterAll(async () => {
  await target.close();
});

const v1 = "/api/v1";
const get = (path: string) => target.send({ path: path.startsWith("/sandbox") ? path : v1 + path });
const post = (path: string, body: unknown = {}, headers: Record<string, string> = {}) =>
  target.send({ method: "POST", path: v1 + path, body, headers });
const patch = (id: string, body: unknown, headers: Record<string, string> = {}) =>
  target.send({ method: "PATCH", path: `${v1}/templates/${id}`, body, headers });

let made = 0;
const create = async (fields: Record<string, unknown>) => {
  const reply = await post("/templates", { name: `Template ${++made}`, subject: "News", ...fields });
  expect([reply.status, reply.text.slice(0, 300)]).toEqual([201, expect.any(String)]);
  return reply.json;
};
const mjml = (inside: string) =>
  `<mjml><mj-body><mj-section><mj-column>\n<mj-text>${inside}</mj-text>\n</mj-column></mj-section></mj-body></mjml>`;
const mailTo = (to: string) =>
  until("the mail has arrived", async () => (await get(`/sandbox/mail?to=${encodeURIComponent(to)}`)).json.data[0]);

describe("a draft", () => {
  test("is changed under its ETag; a change to an older one is refused with 412 and clear words", async () => {
    const { id } = await create({ html: "<p>one</p>" });
    const first = await fetch(`http://127.0.0.1:${target.port}${v1}/templates/${id}`, {
      headers: { authorization: `Bearer ${target.token}` },
    });
    expect(first.headers.get("etag")).toBe('"1"');
    expect((await patch(id, { html: "<p>two</p>" }, { "if-match": '"1"' })).json).toMatchObject({ version: 2 });
    const late = await patch(id, { html: "<p>three</p>" }, { "if-match": '"1"' });
    expect(late).toMatchObject({ status: 412, json: { code: "VERSION_CONFLICT" } });
    expect(late.json.detail).toMatch(/at version 2.*changed version 1.*Load it again/);
  });

  test("in MJML is compiled when saved, and kept when it does not compile", async () => {
    const { id, html } = await create({ format: "mjml", mjml: mjml("Hello {{firstName|there}}") });
    expect(html).toContain("Hello {{firstName|there}}");
    expect((await patch(id, { mjml: "<mjml><mj-body>" })).json).toMatchObject({ html: null, mjml: "<mjml><mj-body>" });
    const refused = await post(`/templates/${id}/publish`);
    expect(refused).toMatchObject({ status: 422, json: { code: "TEMPLATE_INVALID" } });
    expect(refused.json.errors).toContainEqual({
      path: "mjml",
      message: expect.stringMatching(/^line 1: .*not closed/),
    });
    expect((await patch(id, { format: "html", html: "<p>x</p>" })).json).toMatchObject({ format: "html", mjml: null });
  });

  test("refuses a source of the other format, and files to include", async () => {
    const { id } = await create({ html: "<p>x</p>" });
    expect((await patch(id, { mjml: mjml("x") })).json.errors).toMatchObject([{ path: "mjml" }]);
    expect((await patch(id, { format: "mjml", html: "<p>x</p>", mjml: mjml("x") })).json.errors).toMatchObject([
      { path: "html" },
    ]);
    const including = await create({
      format: "mjml",
      mjml: mjml('</mj-text><mj-include path="/etc/passwd" /><mj-text>'),
    });
    const shown = (await post(`/templates/${including.id}/preview`)).json;
    expect(JSON.stringify(shown)).not.toContain("root:");
    expect(shown.lint.findings[0].message).toMatch(/reads files/);
  });

  test("is copied under a free name, archived out of the list, and deleted unless an unsent campaign needs it", async () => {
    const { id, name } = await create({ html: "<p>x</p>" });
    expect((await post(`/templates/${id}/duplicate`)).json).toMatchObject({ name: `${name} (copy)`, html: "<p>x</p>" });
    expect((await post(`/templates/${id}/duplicate`)).json).toMatchObject({ name: `${name} (copy 2)` });
    await post(`/templates/${id}/publish`);
    const campaign = { name: "Needs it", channel: "email", audience: { all: true }, content: { templateId: id } };
    const draft = (await post("/campaigns", campaign)).json;
    const refused = await target.send({ method: "DELETE", path: `${v1}/templates/${id}` });
    expect(refused).toMatchObject({ status: 409, json: { code: "TEMPLATE_IN_USE" } });
    expect(refused.json.detail).toMatch(/"Needs it".*archive/);
    expect((await get(`/templates/${id}`)).json).toMatchObject({ usedBy: 1 });
    expect((await patch(id, { archived: true })).json).toMatchObject({ archived: true });
    const ids = async (show: string) =>
      (await get(`/templates?show=${show}&limit=1000`)).json.data.map((row: { id: string }) => row.id);
    expect(await ids("active")).not.toContain(id);
    expect(await ids("archived")).toContain(id);
    await target.send({ method: "DELETE", path: `${v1}/campaigns/${draft.id}` });
    expect((await target.send({ method: "DELETE", path: `${v1}/templates/${id}` })).status).toBe(204);
  });

  test("is listed without its content", async () => {
    await create({ html: "<p>long</p>" });
    const [row] = (await get("/templates?limit=1")).json.data;
    expect(Object.keys(row).sort()).toEqual(
      "archived changed channel createdAt format id name publishedVersion subject updatedAt usedBy version".split(" "),
    );
  });
});

describe("versions", () => {
  test("count 1, 2, 3, never change, and become the draft again", async () => {
    const { id } = await create({ html: "<p>first</p>" });
    expect((await post(`/templates/${id}/publish`)).json).toMatchObject({ publishedVersion: 1, changed: false });
    expect((await post(`/templates/${id}/publish`)).json).toMatchObject({ publishedVersion: 1 });
    await patch(id, { html: "<p>in between</p>" });
    expect((await patch(id, { html: "<p>second</p>" })).json).toMatchObject({ publishedVersion: 1, changed: true });
    expect((await post(`/templates/${id}/publish`, { version: 2 })).status).toBe(412);
    expect((await post(`/templates/${id}/publish`, { version: 3 })).json).toMatchObject({ publishedVersion: 2 });
    const versions = (await get(`/templates/${id}/versions`)).json.data;
    expect(versions).toMatchObject([
      { number: 2, current: true },
      { number: 1, current: false },
    ]);
    expect((await get(`/templates/${id}/versions/1`)).json).toMatchObject({ number: 1, html: "<p>first</p>" });
    const page = (await get(`/templates/${id}/versions?limit=1`)).json;
    const next = (await get(`/templates/${id}/versions?limit=1&cursor=${page.nextCursor}`)).json;
    expect(next).toMatchObject({ data: [{ number: 1 }], nextCursor: null });
    expect((await get(`/templates/${id}/versions/3`)).json).toMatchObject({ code: "TEMPLATE_VERSION_NOT_FOUND" });
    expect((await post(`/templates/${id}/versions/1/restore`, { version: 1 })).status).toBe(412);
    expect((await post(`/templates/${id}/versions/1/restore`)).json).toMatchObject({
      html: "<p>first</p>",
      version: 4,
    });
    expect((await post(`/templates/${id}/preview`, { version: 2 })).json.html).toContain("second");
    expect((await post(`/templates/${id}/preview`)).json.html).toContain("first");
  });
});

describe("a preview", () => {
  test("shows a contact's mail, what it lacks, and nothing that runs", async () => {
    const contact = (await post("/contacts", { email: "grace@example.org", firstName: "Grace" })).json;
    const html =
      '<p onclick="x()">Hi {{firstName}} of {{attrs.town}}</p><script>x()</script><a href="https://e.org/?n={{firstName}}">go</a>';
    const { id } = await create({ html });
    const shown = (await post(`/templates/${id}/preview`, { contactId: contact.id })).json;
    expect(shown).toMatchObject({ subject: "News", missing: ["attrs.town"] });
    expect(shown.html).toContain('Hi Grace of </p><a href="https://e.org/?n={{firstName}}">go</a>');
    expect(shown.html).not.toMatch(/script|onclick/);
    expect(shown.lint.findings).toContainEqual(
      expect.objectContaining({
        severity: "warning",
        line: 1,
        message: expect.stringMatching(/<script> is taken out/),
      }),
    );
    expect(shown.bytes).toBe(Buffer.byteLength(shown.html));
  });

  test("of content that is not stored needs neither subject nor sense", async () => {
    const shown = await post("/content/preview", { content: { mjml: mjml('"onclick="x()" {{x') } });
    expect(shown.status).toBe(200);
    expect(shown.json.lint.findings.map(({ severity }: { severity: string }) => severity)).toContain("error");
    const both = await post("/content/preview", { content: { mjml: mjml("x"), html: "x" } });
    expect(both.json.errors).toMatchObject([{ path: "content.html" }]);
  });
});

describe("what is sent", () => {
  test("of a test goes through the ledger, says that it is one, and unsubscribes nobody", async () => {
    const { id } = await create({
      format: "mjml",
      subject: "Hi {{firstName}}",
      mjml: mjml("Dear {{firstName}} of {{attrs.town}}"),
    });
    const sent = await post(`/templates/${id}/test-send`, {
      to: ["Tester@Example.org", "tester@example.org"],
      vars: { firstName: "Ada" },
    });
    expect(sent).toMatchObject({ status: 202, json: { messages: [{ to: "tester@example.org", state: "queued" }] } });
    const mail = await mailTo("tester@example.org");
    expect(mail).toMatchObject({ subject: "[Test] Hi Ada" });
    expect(mail.html).toContain("Dear Ada of town");
    expect(mail.html).toContain("/u/preview");
    const message = (await get(`/messages/${sent.json.messages[0].id}`)).json;
    expect(message).toMatchObject({ source: "transactional", address: "tester@example.org" });
  });

  test("of a test respects suppressions and refuses wrong addresses and unfinished mails by name", async () => {
    const { id } = await create({ html: "<p>x</p>" });
    await post("/suppressions", { channel: "email", address: "stop@example.org", reason: "manual" });
    const sent = await post(`/templates/${id}/test-send`, { to: ["stop@example.org"] });
    expect(sent.json.messages).toMatchObject([{ state: "skipped" }]);
    expect((await post(`/templates/${id}/test-send`, { to: ["a@example.org", "nope"] })).json.errors).toMatchObject([
      { path: "to.1" },
    ]);
    expect((await post(`/templates/${id}/test-send`, { to: Array(6).fill("a@example.org") })).status).toBe(422);
    await patch(id, { html: "\n{{frstName}}" });
    expect((await post(`/templates/${id}/test-send`, { to: ["a@example.org"] })).json.errors).toMatchObject([
      { path: "html", message: expect.stringMatching(/^line 2:/) },
    ]);
  });

  test("of a campaign is the version that was published at its launch, without what runs", async () => {
    await post("/contacts", {
      email: "reader@example.org",
      firstName: "Rea",
      tags: ["readers"],
      consent: { channels: ["email"], basis: "form", source: "test" },
    });
    const { id } = await create({ subject: "Frozen", html: '<p onmouseover="x()">as published</p>' });
    await post(`/templates/${id}/publish`);
    const campaign = { name: "Frozen", channel: "email", audience: { tag: "readers" }, content: { templateId: id } };
    const draft = (await post("/campaigns", campaign)).json;
    expect((await post(`/campaigns/${draft.id}/launch`, {}, { "idempotency-key": "frozen" })).status).toBe(202);
    await patch(id, { html: "<p>changed later</p>" });
    await post(`/templates/${id}/publish`);
    const mail = await mailTo("reader@example.org");
    expect(mail.html).toContain("as published");
    expect(mail.html).not.toContain("onmouseover");
  });
});
