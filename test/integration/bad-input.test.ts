// Hostile and clumsy requests against the whole house: each is refused by a problem that names the place, none ends a process.
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Attack, expectProblem, openTarget, type Target } from "../helpers/bad-input.ts";

const v1 = "/api/v1";
const nobody = "00000000-0000-0000-0000-000000000000";
const campaign = { name: "c", channel: "email", audience: { all: true }, content: { subject: "s", html: "<p>h</p>" } };
const message = { channel: "email", to: "one@example.com", content: { subject: "s", html: "<p>h</p>" } };
const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const cursorOf = (json: string) => Buffer.from(json).toString("base64url");

let target: Target;
beforeAll(async () => {
  target = await openTarget();
});
afterAll(async () => {
  const alive = await target.alive();
  await target.close();
  expect(alive).toBe(true);
});

const refused = async (attack: Attack, status: number, ...paths: string[]) => {
  const seen = await target.send(attack);
  expectProblem(JSON.stringify(attack).slice(0, 200), seen);
  expect([seen.status, seen.text.slice(0, 300)]).toEqual([status, expect.any(String)]);
  if (paths.length > 0)
    expect(seen.json.errors.map(({ path }: { path: string }) => path)).toEqual(expect.arrayContaining(paths));
};
const post = (path: string, body: unknown): Attack => ({ method: "POST", path: v1 + path, body });

describe("text that the database cannot hold is refused by name", () => {
  const nul = "a\0b";
  test.each<[string, Attack, string]>([
    ["an email to sign in with", post("/auth/login", { email: nul, password: "x" }), "email"],
    ["a token's name", post("/auth/tokens", { name: nul, abilities: ["read"] }), "name"],
    ["a campaign's name", post("/campaigns", { ...campaign, name: nul }), "name"],
    ["a tag of the audience", post("/campaigns", { ...campaign, audience: { tag: nul } }), "audience.tag"],
    ["a subject", post("/campaigns", { ...campaign, content: { subject: nul, html: "h" } }), "content.subject"],
    ["html", post("/messages", { ...message, content: { subject: "s", html: nul } }), "content.html"],
    ["a variable", post("/messages", { ...message, vars: { a: nul } }), "vars.a"],
    [
      "one message of many",
      post("/messages", { messages: [message, { ...message, to: `x\0@y.co` }] }),
      "messages.1.to",
    ],
    ["a template's text", post("/templates", { name: "t", text: nul }), "text"],
    ["half of a surrogate pair", { method: "POST", path: `${v1}/tags`, raw: '{"name":"\\ud800"}' }, "name"],
    [
      "a value in a rule",
      post("/segments", { name: "s", rule: { field: "email", op: "eq", value: nul } }),
      "rule.value",
    ],
    ["a search", { path: `${v1}/campaigns?q=%00` }, "q"],
    ["an address searched for", { path: `${v1}/messages?to=a%00` }, "to"],
    ["a reason", { path: `${v1}/messages?reason=%00` }, "reason"],
    ["a template's name", { path: `${v1}/templates?q=%00` }, "q"],
    ["a mail's recipient", { path: "/sandbox/mail?to=%00" }, "to"],
  ])("%s", (_, attack, path) => refused(attack, 422, path));
});

describe("a cursor that no list gave out is refused", () => {
  const lists = [
    "audit",
    "auth/tokens",
    "campaigns",
    "communities",
    "contacts",
    "imports",
    "messages",
    "segments",
    "suppressions",
    "tags",
    "templates",
    "users",
    "users/invites",
  ];
  const cursors = [
    "",
    "x",
    "-1",
    cursorOf('["x"]'),
    cursorOf('["\\u0000"]'),
    cursorOf("[1]"),
    cursorOf("[null]"),
    cursorOf("{}"),
  ];
  test.each(lists)("%s", async (list) => {
    for (const cursor of cursors) await refused({ path: `${v1}/${list}?cursor=${cursor}` }, 422, "cursor");
  });
});

describe("a campaign that cannot be sent is refused with the place", () => {
  const content = (html: string, subject = "s") => ({ ...campaign, content: { subject, html } });
  const attributes = (count: number) => Array.from({ length: count }, (_, i) => `{{attrs.a${i}}}`).join("");
  test.each<[string, unknown, string]>([
    ["a field of every object", content("h", "{{constructor}}"), "content.subject"],
    ["a prototype", content("{{__proto__}}"), "content.html"],
    ["a field that is not closed", content("<p>{{firstName</p>"), "content.html"],
    ["nothing but opened fields", content("{".repeat(1_900_000)), "content.html"],
    ["a hole in a tag's name", content("<{{firstName}}>"), "content.html"],
    ["a hole in an address that runs as code", content('<a href="javascript:{{firstName}}">x</a>'), "content.html"],
    ["more fields than fit a statement", content(attributes(51)), "content.html"],
    ["elements without end", content("<b>".repeat(600_000)), "content.html"],
    ["no audience", { ...campaign, audience: {} }, "audience"],
    ["two audiences", { ...campaign, audience: { all: true, tag: "x" } }, "audience"],
    ["a schedule that has passed", { ...campaign, schedule: { at: "2020-01-01T00:00:00Z" } }, "schedule.at"],
    ["the year 0", { ...campaign, schedule: { at: "0000-01-01T00:00:00Z" } }, "schedule.at"],
    ["30 February", { ...campaign, schedule: { at: "2030-02-30T00:00:00Z" } }, "schedule.at"],
    ["a rate of nothing", { ...campaign, rate: { perSecond: 0 } }, "rate.perSecond"],
    ["a rate next to nothing", { ...campaign, rate: { perSecond: 1e-300 } }, "rate.perSecond"],
    ["a name that is a list", { ...campaign, name: ["c"] }, "name"],
    ["an unknown field", { ...campaign, nmae: "c" }, "nmae"],
  ])("%s", (_, body, path) => refused(post("/campaigns", body), 422, path));

  test("a segment or template that does not exist is named", async () => {
    await refused(post("/campaigns", { ...campaign, audience: { segmentId: nobody } }), 404, "audience.segmentId");
    await refused(post("/campaigns", { ...campaign, content: { templateId: nobody } }), 404, "content.templateId");
    await refused(post("/messages", { channel: "email", to: "a@example.com", templateId: nobody }), 404, "templateId");
  });

  test("a table that says it is ten million columns wide is a mail like any other", async () => {
    const wide = '<table><tr><td colspan="10000000" rowspan="10000000">{{firstName|x}}</td></tr></table>';
    expect(await target.send(post("/campaigns", content(wide)))).toMatchObject({ status: 201 });
  });

  test("fifty fields are counted before anybody is sent to", async () => {
    const { json } = await target.send(post("/campaigns", content(attributes(50))));
    const preflight = await target.send({ method: "POST", path: `${v1}/campaigns/${json.id}/preflight` });
    expect(preflight).toMatchObject({ status: 200, json: { recipients: 0 } });
  });
});

describe("a message that cannot be sent is refused with the place", () => {
  test.each<[string, unknown, string]>([
    ["content and template", { ...message, templateId: nobody }, "templateId"],
    [
      "another channel among many",
      { messages: [message, { channel: "sms", to: "+12025550123" }] },
      "messages.1.channel",
    ],
    ["a wrong address among many", { messages: [message, { ...message, to: "nobody" }] }, "messages.1.to"],
    ["a contact that does not exist", { ...message, to: undefined, contactId: nobody }, "contactId"],
    ["a variable that is nothing", { ...message, vars: { a: null } }, "vars.a"],
  ])("%s", (_, body, path) => refused(post("/messages", body), 422, path));
});

test("a version that no object can have is refused", async () => {
  const { json } = await target.send(post("/templates", { name: "versions", subject: "s", html: "h" }));
  const change = { name: "v", version: 2_147_483_648 };
  await refused({ method: "PATCH", path: `${v1}/templates/${json.id}`, body: change }, 422, "version");
  const published = await target.send(post("/templates", { name: "wrong field", subject: "s", html: "{{nope}}" }));
  await refused(post(`/templates/${published.json.id}/publish`, {}), 422, "html");
});

describe("a body that cannot be read", () => {
  const raw = (body: string | Uint8Array): Attack => ({ method: "POST", path: `${v1}/tags`, raw: body });
  test.each<[string, Attack, number]>([
    ["is cut off", raw('{"name":'), 400],
    ["is no object", raw("[]"), 400],
    ["nests 10,000 levels", raw(`{"name":${nested(10_000)}}`), 400],
    ["is no UTF-8", raw(new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])), 400],
    ["is too large", raw("x".repeat(30_000_000)), 413],
    ["is of another type", { ...raw("name=x"), headers: { "content-type": "text/plain" } }, 415],
    ["is compressed", { ...raw("{}"), headers: { "content-encoding": "gzip" } }, 415],
    ["has a name of 100,000 letters", raw(`{"${"k".repeat(100_000)}":1}`), 422],
    ["has 100,000 unknown names", raw(`{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":1`)}}`), 422],
    ["names a prototype", raw('{"name":"proto","__proto__":{"admin":true}}'), 422],
  ])("because it %s", async (_, attack, status) => {
    await refused(attack, status);
  });
});

test("what is not even HTTP gets a problem too, and the connection ends", async () => {
  const speak = (words: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(target.port, "127.0.0.1", () => socket.write(words));
      let heard = "";
      socket.on("data", (piece) => (heard += piece));
      socket.on("close", () => resolve(heard));
      socket.on("error", reject);
      socket.setTimeout(10_000, () => socket.destroy(new Error("no answer")));
    });
  const code = async (words: string) =>
    /^HTTP\/1\.1 (\d+)[\s\S]*"code":"(\w+)"/
      .exec(await speak(words))
      ?.slice(1)
      .join(" ");
  expect(await code("FOO / HTTP/1.1\r\nhost: x\r\n\r\n")).toBe("400 REQUEST_MALFORMED");
  expect(await code("\x16\x03\x01\x02")).toBe("400 REQUEST_MALFORMED");
  expect(await code(`GET /${"x".repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`)).toBe("431 HEADERS_TOO_LARGE");
});

describe("an upload", () => {
  const csv = new Blob(["Email,Name\nup@example.com,x\n"]);
  const mapping = '{"Email":"email"}';
  const form = (...parts: readonly (readonly [name: string, value: string | Blob])[]): Attack => {
    const data = new FormData();
    for (const [name, value] of parts)
      typeof value === "string" ? data.append(name, value) : data.append(name, value, "a.csv");
    return { method: "POST", path: `${v1}/imports`, raw: data };
  };
  test.each<[string, Attack, number, string[]]>([
    ["without a file", form(["mapping", mapping]), 422, ["file"]],
    ["without a mapping", form(["file", csv]), 422, ["mapping"]],
    ["with two files", form(["file", csv], ["file", csv], ["mapping", mapping]), 422, ["file"]],
    ["with its file in another part", form(["upload", csv], ["mapping", mapping]), 422, ["upload"]],
    ["with its mapping as a file", form(["mapping", new Blob([mapping])], ["file", csv]), 422, ["mapping"]],
    ["with a part nobody knows", form(["file", csv], ["mapping", mapping], ["zzz", "1"]), 422, ["zzz"]],
    ["with a mapping that nests 10,000 levels", form(["file", csv], ["mapping", `{"a":${nested(10_000)}}`]), 400, []],
    [
      "with options that nest 10,000 levels",
      form(["file", csv], ["mapping", mapping], ["options", `{"a":${nested(10_000)}}`]),
      400,
      [],
    ],
    ["with a mapping of another type", form(["file", csv], ["mapping", "[]"]), 422, ["mapping"]],
    [
      "with a column that is not there",
      form(["file", csv], ["mapping", '{"E-Mail":"email"}']),
      422,
      ["mapping.E-Mail"],
    ],
    [
      "with a field of every object",
      form(["file", csv], ["mapping", '{"Email":"constructor"}']),
      422,
      ["mapping.Email"],
    ],
  ])("%s is refused", (_, attack, status, paths) => refused(attack, status, ...paths).then(() => undefined));

  test.each<[string, string | Uint8Array<ArrayBuffer>]>([
    ["nothing", ""],
    ["a header only", "Email,Name\n"],
    ["ragged rows", "Email,Name\na@example.com\nb@example.com,x,y\n,\nc@example.com,z\n"],
    ["a quote without end", 'Email,Name\na@example.com,"x\n'],
    ["NUL characters", "Email,Name\na\0@example.com,x\n\0,\0\n"],
    ["a cell of 12 MB", `Email,Name\na@example.com,${"x".repeat(12_000_000)}\n`],
    ["50,000 columns", `Email,Name,${Array.from({ length: 50_000 }, (_, i) => `c${i}`)}\na@example.com,x\n`],
    ["a picture", new Uint8Array(Buffer.from("89504e470d0a1a0a0000000d49484452".repeat(99), "hex"))],
  ])("of %s ends with a reason or a list, and its numbers add up", async (_, content) => {
    const { status, json } = await target.send(form(["file", new Blob([content])], ["mapping", mapping]));
    expect(status).toBe(202);
    const ended = await target.imported(json.id);
    expect(ended.total).toBe(ended.inserted + ended.updated + ended.skipped + ended.failed);
    if (ended.status === "failed") expect(ended.reason).toMatch(/\w/);
    const errors = await target.send({ path: `${v1}/imports/${json.id}/errors?limit=1000` });
    expect(errors.json.data).toHaveLength(ended.failed);
  });

  test("that breaks off leaves nothing behind and nothing broken", async () => {
    await new Promise<void>((resolve) => {
      const head = `POST ${v1}/imports HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${target.token}\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 9000000\r\n\r\n`;
      const part = `--b\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\nEmail\n${"a@example.com\n".repeat(50_000)}`;
      const socket = connect(target.port, "127.0.0.1", () => socket.write(head + part, () => socket.destroy()));
      socket.on("close", () => resolve());
    });
    const { json } = await target.send({ path: `${v1}/imports?limit=1000` });
    expect(json.data.filter((one: { status: string }) => ["queued", "running"].includes(one.status))).toEqual([]);
    expect(await target.alive()).toBe(true);
  });
});

test.each(["__proto__", "constructor", "toString", "attrs.__proto__"])(
  "a field named %s has no values",
  async (field) => {
    const { status, json } = await target.send({ path: `${v1}/contact-values?field=${field}` });
    expect([status, json]).toEqual([200, { values: [] }]);
  },
);
