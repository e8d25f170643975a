// The running house on which every job type is tried: its groups in one process, with what many of the tries need (people,
// a sent campaign), made once when the first of them asks for it.
import { randomBytes } from "node:crypto";
import { connectPostgres, type Db, query } from "../../shared/db/knex.ts";
import { type Answer, type House, openHouse } from "./house.ts";
import { type ImapServer, startImap } from "./imap-server.ts";
import { until } from "./processes.ts";
import { hookSettings } from "./provider-callbacks.ts";

const secretKey = "a key of this test with 32 characters";
const bounceAddress = "bounces@example.org";
const groups = ["contacts", "campaigns", "email", "scheduler", "sandbox"];

export interface JobStage {
  readonly house: House;
  readonly db: Db;
  readonly secretKey: string;
  readonly bounceAddress: string;
  /** Undefined where there is no Dovecot and none can be installed. */
  readonly imap: ImapServer | undefined;
  /** Calls the API; throws with the answer unless its status is one of 2xx. */
  call(method: string, path: string, body?: unknown): Promise<Answer["body"]>;
  /** Takes a CSV file in and resolves with the import when it is over. */
  importFile(lines: readonly string[], consent: boolean): Promise<Answer["body"]>;
  /** Starts the job of a schedule by hand, after the one before it is over. */
  runSchedule(name: string): Promise<void>;
  /** The sample workspace was made and removed again: from here on the house is the tests' own. */
  readonly emptied: PromiseWithResolvers<void>;
  /** Ten people with consent, as the API shows them. */
  people(): Promise<readonly { id: string; email: string }[]>;
  /** A campaign to them that was sent; its messages in the order of the people. */
  sent(): Promise<{ id: string; messages: readonly { id: string; address: string }[] }>;
  close(): Promise<void>;
}

/** Calls it at the first time only; everybody gets the same answer. */
const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

export const openJobStage = async (): Promise<JobStage> => {
  const imap = await startImap();
  const house = await openHouse({
    env: {
      LC_SECRET_KEYS: secretKey,
      LC_RESEND_WEBHOOK_SECRET: hookSettings.resendSecrets.join(","),
      LC_BOUNCE_ADDRESS: bounceAddress,
      ...(imap ? { LC_INBOUND_IMAP_URL: imap.url } : {}),
    },
  });
  const db = connectPostgres(house.postgres.url, 3);
  await house.start("all", ["gateway", ...groups.map((group) => `services/${group}`)]);
  await house.signIn();
  const emptied = Promise.withResolvers<void>();

  const call = async (method: string, path: string, body?: unknown) => {
    const key: Record<string, string> = method === "POST" ? { "idempotency-key": randomBytes(8).toString("hex") } : {};
    const answer = await house.api(method, path, body, key);
    if (answer.status >= 300)
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const importFile = async (lines: readonly string[], consent: boolean) => {
    const form = new FormData();
    form.set("file", new Blob([lines.join("\n")], { type: "text/csv" }), "people.csv");
    form.set("mapping", JSON.stringify({ email: "email", name: "firstName" }));
    const given = { consent: { channels: ["email"], basis: "form", source: "test" } };
    form.set("options", JSON.stringify({ dedupe: "update", ...(consent ? given : {}) }));
    const { id } = await call("POST", "/imports", form);
    return until("the import to end", async () => {
      const body = await call("GET", `/imports/${id}`);
      return ["completed", "failed"].includes(body.status) && body;
    });
  };
  const people = once(async () => {
    await emptied.promise;
    await importFile(["email,name", ...Array.from({ length: 10 }, (_, n) => `person${n}@example.com,Name${n}`)], true);
    const { data } = await call("GET", "/contacts?limit=100");
    return (data as { id: string; email: string }[]).filter(({ email }) => email.startsWith("person"));
  });
  const sent = once(async () => {
    await people();
    const made = await call("POST", "/campaigns", {
      name: "Proof",
      channel: "email",
      audience: { all: true },
      content: { subject: "Proof", html: '<p>Hi {{firstName}}, <a href="https://example.org/more">more</a></p>' },
    });
    await call("POST", `/campaigns/${made.id}/launch`, {});
    await house.ended(made.id);
    const { data } = await call("GET", `/campaigns/${made.id}/messages?limit=100`);
    const messages = data as { id: string; address: string }[];
    // Other proofs have people of their own at the same time: an import that is undone, somebody who is erased.
    return { id: made.id as string, messages: messages.filter(({ address }) => address.startsWith("person")) };
  });

  return {
    house,
    db,
    secretKey,
    bounceAddress,
    imap,
    call,
    importFile,
    async runSchedule(name) {
      await until(`the schedule ${name} takes an order`, async () => {
        const { status } = await house.api("POST", `/schedules/${name}/run`);
        return status === 202;
      });
    },
    emptied,
    people,
    sent,
    async close() {
      await db.destroy();
      await house.close();
      await imap?.stop();
    },
  };
};

/** Resolves when the statement finds nothing any more. */
export const gone = (db: Db, what: string, sql: string, bindings: readonly unknown[] = []): Promise<true> =>
  until(`${what} to be gone`, async () => (await query(db, sql, bindings)).length === 0 && true);

/** Resolves with the first row when the statement finds one. */
export const there = (
  db: Db,
  what: string,
  sql: string,
  bindings: readonly unknown[] = [],
): Promise<Record<string, unknown>> =>
  until(`${what} to be there`, async () => (await query<Record<string, unknown>>(db, sql, bindings))[0]);
