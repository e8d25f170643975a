// POST /imports: parts in any order, of any size, stored while they arrive; nothing is left of what goes wrong.
import { createHash, randomBytes } from "node:crypto";
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ServedGateway, serveGateway } from "../helpers/gateway.ts";

let gateway: ServedGateway;
let auth: { authorization: string };
let nextId = 1;
const uploads = new Map<
  string,
  { fileName: string; chunks: Buffer[]; discarded: boolean; submitted?: Record<string, unknown> }
>();
let storing = 0;
let mostStoring = 0;
let failStore = false;

const idOf = (n: number) => `01990000-0000-7000-8000-${String(n).padStart(12, "0")}`;
const upload = (id: unknown) => {
  const found = uploads.get(String(id));
  if (!found) throw Object.assign(new Error("no such import"), { type: "IMPORT_NOT_FOUND", code: 404 });
  return found;
};

beforeAll(async () => {
  gateway = await serveGateway({
    settings: { uploadLimit: 5_000_000 },
    fakes: {
      "imports.begin": ({ fileName }) => {
        const id = idOf(nextId++);
        uploads.set(id, { fileName: String(fileName), chunks: [], discarded: false });
        return { id };
      },
      "imports.storeChunk": async ({ id, seq, data }) => {
        mostStoring = Math.max(mostStoring, ++storing);
        await new Promise((resolve) => setImmediate(resolve));
        storing--;
        if (failStore) throw Object.assign(new Error("disk"), { type: "SERVICE_UNAVAILABLE", code: 503 });
        const { chunks } = upload(id);
        expect(seq).toBe(chunks.length);
        expect(String(data).length).toBeLessThanOrEqual(512 * 1024);
        chunks.push(Buffer.from(String(data), "base64"));
        return { ok: true };
      },
      "imports.submit": (params, meta) => {
        upload(params.id).submitted = { ...params, key: meta.idempotencyKey };
        return { id: params.id, status: "queued" };
      },
      "imports.discard": ({ id }) => {
        upload(id).discarded = true;
        return { ok: true };
      },
      "imports.errorsCsv": () => 'row,reason\r\n2,"no email"\r\n',
    },
  });
  const { authorization } = await gateway.token("read", "write");
  auth = { authorization };
});
afterAll(() => gateway.close());
beforeEach(() => {
  uploads.clear();
  mostStoring = 0;
  failStore = false;
});

type Part = readonly [name: string, value: string | Buffer, fileName?: string];
const boundary = "----part";
const multipart = (parts: readonly Part[]): Buffer =>
  Buffer.concat([
    ...parts.flatMap(([name, value, fileName]) => [
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${fileName === undefined ? "" : `; filename="${fileName}"\r\nContent-Type: text/csv`}\r\n\r\n`,
      ),
      Buffer.from(value),
      Buffer.from("\r\n"),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
const type = `multipart/form-data; boundary=${boundary}`;
const send = (parts: readonly Part[], headers: Record<string, string> = {}) =>
  gateway.ask({
    method: "POST",
    path: "/api/v1/imports",
    headers: { ...auth, "content-type": type, ...headers },
    body: multipart(parts),
  });
const mapping: Part = ["mapping", '{"Email":"email"}'];
const options: Part = ["options", '{"dedupe":"skip"}'];
const file = (content: string | Buffer): Part => ["file", content, "people.csv"];

describe("an upload", () => {
  it("is taken with its parts in any order", async () => {
    for (const parts of [
      [file("Email\na@b.c\n"), mapping, options],
      [mapping, options, file("Email\na@b.c\n")],
      [options, file("Email\na@b.c\n"), mapping],
    ]) {
      const reply = await send(parts);
      expect([reply.status, reply.json.status]).toEqual([202, "queued"]);
      const stored = upload(reply.json.id);
      expect(Buffer.concat(stored.chunks).toString()).toBe("Email\na@b.c\n");
      expect(stored).toMatchObject({
        fileName: "people.csv",
        discarded: false,
        submitted: { mapping: { Email: "email" }, options: { dedupe: "skip" } },
      });
    }
  });

  it("keeps every byte of a large file, one chunk at a time", async () => {
    const content = randomBytes(3_000_000);
    const reply = await send([file(content), mapping]);
    expect(reply.status).toBe(202);
    const stored = Buffer.concat(upload(reply.json.id).chunks);
    expect(createHash("sha256").update(stored).digest("hex")).toBe(createHash("sha256").update(content).digest("hex"));
    expect(upload(reply.json.id).chunks.length).toBeGreaterThan(5);
    expect(mostStoring).toBe(1);
  });

  it("comes with an Idempotency-Key once: the same file again gets the first answer, another file 409", async () => {
    const key = { "idempotency-key": "import-1" };
    const first = await send([mapping, file("Email\na@b.c\n")], key);
    const again = await send([file("Email\na@b.c\n"), mapping], key);
    expect([again.status, again.json]).toEqual([202, first.json]);
    const other = await send([file("Email\nx@b.c\n"), mapping], key);
    expect([other.status, other.json.code]).toEqual([409, "IDEMPOTENCY_KEY_REUSED"]);
    expect([...uploads.values()].filter((stored) => stored.submitted)).toHaveLength(1);
    await expect.poll(() => [...uploads.values()].filter((stored) => stored.discarded).length).toBe(2);
  });
});

describe("an upload that is refused", () => {
  const refused = async (parts: readonly Part[], path: string) => {
    const reply = await send(parts);
    expect([reply.status, reply.json.errors?.[0]?.path.split(".")[0]]).toEqual([422, path]);
    await expect.poll(() => [...uploads.values()].every((stored) => stored.discarded)).toBe(true);
  };

  it("names the part that is missing or wrong, and leaves nothing behind", async () => {
    await refused([mapping, options], "file");
    await refused([file("a")], "mapping");
    await refused([file("a"), ["mapping", "{not json"]], "mapping");
    await refused([file("a"), ["mapping", '["email"]']], "mapping");
    await refused([file("a"), mapping, ["options", '{"dedupe":"perhaps"}']], "options");
    await refused([file("a"), mapping, ["colour", "red"]], "colour");
    await refused([mapping, file("a"), ["attachment", "b", "b.csv"]], "file");
    await refused([mapping, mapping, file("a")], "mapping");
  });

  it("is too large with 413, and not multipart with 415 or 400", async () => {
    expect((await send([mapping, file(Buffer.alloc(5_000_001, "x"))])).status).toBe(413);
    expect((await send([["mapping", `{"${"x".repeat(1_100_000)}":1}`], file("a")])).status).toBe(413);
    await expect.poll(() => [...uploads.values()].every((stored) => stored.discarded)).toBe(true);
    expect((await gateway.ask({ method: "POST", path: "/api/v1/imports", headers: auth, body: {} })).status).toBe(415);
    expect((await send([file("a")], { "content-type": "multipart/form-data" })).status).toBe(400);
    const cut = multipart([mapping, file("a,b\n".repeat(10))]).subarray(0, -30);
    const reply = await gateway.ask({
      method: "POST",
      path: "/api/v1/imports",
      headers: { ...auth, "content-type": type },
      body: cut,
    });
    expect([reply.status, reply.json.code]).toEqual([400, "BODY_MALFORMED"]);
  });

  it("fails with the error of the service that stores it", async () => {
    failStore = true;
    expect((await send([file("a"), mapping])).status).toBe(503);
  });

  it("is thrown away when the client goes in the middle of it", async () => {
    const body = multipart([file(randomBytes(1_000_000)), mapping]);
    const socket = connect(gateway.port, "127.0.0.1");
    socket.write(
      `POST /api/v1/imports HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${auth.authorization}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    socket.write(body.subarray(0, 700_000));
    await expect.poll(() => [...uploads.values()][0]?.chunks.length).toBeGreaterThan(0);
    socket.destroy();
    await expect.poll(() => [...uploads.values()][0]?.discarded).toBe(true);
  });
});

describe("the refused rows", () => {
  it("come as a file", async () => {
    const reply = await gateway.ask({ path: `/api/v1/imports/${idOf(1)}/errors.csv`, headers: auth });
    expect([reply.status, reply.headers["content-type"], reply.headers["content-disposition"]]).toEqual([
      200,
      "text/csv; charset=utf-8",
      `attachment; filename="import-${idOf(1)}-errors.csv"`,
    ]);
    expect(reply.text).toBe('row,reason\r\n2,"no email"\r\n');
  });
});
