// The journey of the product through the front door: a sender that may write, people from a CSV file with consent, a
// campaign, its launch, and the end that everybody's row in the ledger has to reach.
import { setTimeout as delay } from "node:timers/promises";
import type { Api } from "./edge.ts";

export const domain = "people.rehearsal.org";
const pollMs = 250;

export const until = async <T>(
  what: string,
  seconds: number,
  look: () => Promise<T | undefined | false>,
): Promise<T> => {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look().catch((error: unknown) => {
      if (performance.now() > deadline) throw error;
      return undefined;
    });
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`${what} did not happen within ${seconds} s`);
    await delay(pollMs);
  }
};

/** Gives the default sender a name and an address: the placeholder may write to nobody. */
export const setUpSender = async (api: Api): Promise<void> => {
  const { data } = await api<{ data: { id: string; version: number; isDefault: boolean }[] }>(
    "GET",
    "/sender-accounts",
  );
  const account = data.find(({ isDefault }) => isDefault);
  if (!account) throw new Error("There is no default sender account");
  await api("PATCH", `/sender-accounts/${account.id}`, {
    version: account.version,
    fromName: "Rehearsal",
    fromAddress: "hello@rehearsal.org",
    postalAddress: "Example Street 1, 12345 Example",
  });
};

/** Imports people: `count` of the domain that may be written to, and one of another. */
export const importPeople = async (api: Api, count: number, stranger: string): Promise<void> => {
  const rows = Array.from({ length: count }, (_, i) => `person${i}@${domain},Name${i}`);
  const form = new FormData();
  form.set("mapping", JSON.stringify({ Email: "email", "First Name": "firstName" }));
  form.set(
    "options",
    JSON.stringify({ dedupe: "update", consent: { channels: ["email"], basis: "form", source: "rehearsal" } }),
  );
  const csv = ["Email,First Name", ...rows, `${stranger},Stranger`].join("\n");
  form.set("file", new Blob([csv], { type: "text/csv" }), "people.csv");
  const { id } = await api<{ id: string }>("POST", "/imports", form);
  const ended = await until("the end of the import", 300, async () => {
    const now = await api<{ status: string; inserted: number }>("GET", `/imports/${id}`);
    return ["completed", "failed"].includes(now.status) && now;
  });
  if (ended.inserted !== count + 1) throw new Error(`The import took ${ended.inserted} of ${count + 1} people`);
};

/** Makes a campaign to everybody and launches it. Answers its id. */
export const launch = async (api: Api, mark: string, perSecond?: number): Promise<string> => {
  const { id } = await api<{ id: string }>("POST", "/campaigns", {
    name: `Rehearsal ${mark}`,
    channel: "email",
    audience: { all: true },
    content: { subject: `Hello {{firstName}} ${mark}`, html: "<p>Hi {{firstName}}, how are you?</p>" },
    ...(perSecond ? { rate: { perSecond } } : {}),
  });
  await api("POST", `/campaigns/${id}/launch`, {});
  return id;
};

export interface Stats {
  readonly status: string;
  readonly states: Readonly<Record<string, number>>;
}
export const statsOf = (api: Api, id: string): Promise<Stats> => api<Stats>("GET", `/campaigns/${id}/stats`);

/** Waits until nothing of it is under way any more. */
export const ended = (api: Api, id: string, seconds: number): Promise<Stats> =>
  until(`the end of the campaign`, seconds, async () => {
    const stats = await statsOf(api, id);
    return ["completed", "held"].includes(stats.status) && stats;
  });

/** Addresses of a campaign's messages in a state, with the reason. */
export const ledger = async (
  api: Api,
  id: string,
  state: string,
): Promise<{ address: string; reason: string | null }[]> => {
  const found: { address: string; reason: string | null }[] = [];
  let cursor: string | null = null;
  do {
    const after: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    const page: { data: { address: string; reason: string | null }[]; nextCursor: string | null } = await api(
      "GET",
      `/campaigns/${id}/messages?state=${state}&limit=1000${after}`,
    );
    found.push(...page.data);
    cursor = page.nextCursor;
  } while (cursor);
  return found;
};
