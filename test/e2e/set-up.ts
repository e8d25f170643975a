// What a browser test needs to be there before it begins, made over the API as the signed-in person of a page: quicker
// than on the screens, which have tests of their own.
import type { Page } from "playwright-core";
import { until } from "../helpers/processes.ts";
import type { csvFile } from "./browser.ts";

/** Background work on a machine that has much else to do. */
const patience = { timeoutMs: 60_000, everyMs: 100 };

/** Reads from the API; `path` begins behind /api/v1. */
export const read = async <T>(page: Page, path: string): Promise<T> => {
  const answer = await page.request.get(`/api/v1${path}`);
  if (!answer.ok()) throw new Error(`GET ${path}: ${answer.status()} ${await answer.text()}`);
  return (await answer.json()) as T;
};

const send = async (page: Page, path: string, body: { data: unknown } | { multipart: Record<string, Part> }) => {
  const { csrfToken } = await read<{ csrfToken: string }>(page, "/auth/me");
  const headers = { "x-csrf-token": csrfToken, origin: new URL(page.url()).origin };
  const answer = await page.request.post(`/api/v1${path}`, { ...body, headers });
  if (!answer.ok()) throw new Error(`POST ${path}: ${answer.status()} ${await answer.text()}`);
  return (await answer.json()) as { id: string };
};
type Part = string | ReturnType<typeof csvFile>;

/** Writes to the API and answers with what it said. Throws when it refuses. */
export const post = (page: Page, path: string, data: unknown): Promise<{ id: string }> => send(page, path, { data });

const fields: Readonly<Record<string, string>> = {
  email: "email",
  phone: "phone",
  "first name": "firstName",
  "last name": "lastName",
  tags: "tags",
  city: "attrs.city",
};

/** Takes a file in, with consent to email for everybody in it, and waits for its end. Answers with the import's id. */
export const importPeople = async (page: Page, file: ReturnType<typeof csvFile>): Promise<string> => {
  const [header = ""] = file.buffer.toString("utf8").split("\n", 1);
  const mapping = Object.fromEntries(header.split(",").map((column) => [column, fields[column]]));
  const consent = { channels: ["email"], basis: "Signed up on the website", source: "form of May" };
  const parts = { mapping: JSON.stringify(mapping), options: JSON.stringify({ consent }), file };
  const { id } = await send(page, "/imports", { multipart: parts });
  await reached(page, `/imports/${id}`, "completed");
  return id;
};

/** Waits until what is at this path of the API has this status. */
export const reached = (page: Page, path: string, status: string): Promise<unknown> =>
  until(
    `${path} is ${status}`,
    async () => {
      const found = await read<{ status: string }>(page, path);
      if (found.status !== status) throw new Error(`It is ${found.status}.`);
      return true;
    },
    patience,
  );

/** Launches a campaign by email to everyone. Answers with its id. */
export const launchToEveryone = async (
  page: Page,
  { name, subject, perSecond }: { name: string; subject: string; perSecond?: number },
): Promise<string> => {
  const content = { subject, html: "<p>News.</p>" };
  const rate = perSecond === undefined ? {} : { rate: { perSecond } };
  const campaign = { name, channel: "email", audience: { all: true }, content, ...rate };
  const { id } = await post(page, "/campaigns", campaign);
  await post(page, `/campaigns/${id}/launch`, {});
  return id;
};

/** Path of the newest link of this kind that was mailed to an address, once it is there. */
export const mailedLink = (page: Page, address: string, kind: "accept-invite" | "reset"): Promise<string> =>
  until(
    `a link to ${kind} is mailed to ${address}`,
    async () => {
      const answer = await page.request.get(`/sandbox/mail?to=${address}`);
      const { data } = (await answer.json()) as { data: { text: string }[] };
      return data.flatMap(({ text }) => new RegExp(`/${kind}/[\\w-]+`).exec(text) ?? [])[0];
    },
    patience,
  );
