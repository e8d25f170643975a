// The sample workspace of a first `npm start` that is killed in the middle, and its removal by the API.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { until } from "../helpers/processes.ts";
import { newDataDir, processesOf, startPlatform } from "../helpers/processes-platform.ts";

const admin = { email: "owner@example.org", password: "correct horse battery staple 7" };

const signIn = async (base: string) => {
  const login = await fetch(`${base}/api/v1/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(admin),
  });
  const { csrfToken } = (await login.json()) as { csrfToken: string };
  const cookie = (login.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
  const headers = { cookie, "x-csrf-token": csrfToken, origin: base };
  return async (method: string, path: string) =>
    // biome-ignore lint/suspicious/noExplicitAny: answers of the API are checked by the test itself
    (await (await fetch(`${base}/api/v1${path}`, { method, headers })).json()) as any;
};

test("a first start that is killed before the sample is there is made up for by the next one, once", async () => {
  const dataDir = newDataDir();
  const env = {
    LC_DATA_DIR: dataDir,
    LC_SAMPLE: "1",
    LC_PROCESSES: "one",
    LC_ADMIN_EMAIL: admin.email,
    LC_ADMIN_PASSWORD: admin.password,
  };
  const first = await startPlatform({ env, wait: false });
  await until("the database is made", () => first.logs().includes("Postgres is up"));
  await first.kill9();
  await until("nothing of it is left", () => processesOf(dataDir).length === 0);
  expect(existsSync(join(dataDir, "sample-wanted"))).toBe(true);

  const second = await startPlatform({ env });
  const api = await signIn(`http://localhost:${second.port}`);
  await until("the sample's campaign is there", async () => (await api("GET", "/campaigns")).data.length === 2);
  expect(existsSync(join(dataDir, "sample-wanted"))).toBe(false);
  expect((await api("GET", "/contacts?limit=1")).total).toBe(200);

  expect((await api("DELETE", "/sample")).state).toBe("removing");
  await until("the sample is gone", async () => (await api("GET", "/sample")).state === "none");
  for (const list of ["contacts", "campaigns", "templates", "segments", "messages", "suppressions", "tags"])
    expect((await api("GET", `/${list}`)).data, list).toEqual([]);
  expect(await second.stop()).toBe(0);
});
