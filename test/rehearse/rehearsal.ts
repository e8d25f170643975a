// One environment from the graph to its end: databases, migration, every service, the outreach journey through the front
// door, redeploys under load, outages, what idle processes cost, and who got which mail how often.
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { evaluate } from "../../railway/graph.ts";
import type { EnvironmentName } from "../../railway/layout.ts";
import { createFleet, type Dashboard, type Fleet } from "./deployments.ts";
import { type Api, createEdge, publicHost, signIn, tokenHeaders } from "./edge.ts";
import type { Flags } from "./flags.ts";
import { measureFootprint } from "./footprint.ts";
import { startLoad } from "./load.ts";
import { type Mailboxes, providerMailbox, sandboxMailboxes } from "./mailboxes.ts";
import { createNetwork } from "./network.ts";
import { playOutages } from "./outages.ts";
import { domain, ended, importPeople, launch, ledger, setUpSender, statsOf } from "./outreach.ts";
import type { Mails, Rehearsal } from "./report.ts";
import { roll } from "./rolling.ts";
import { tryOrigins, webOrigin } from "./second-origin.ts";
import { startStores } from "./stores.ts";

const root = resolve(import.meta.dirname, "../..");
const owner = { email: "owner@rehearsal.org", password: "correct horse battery staple 7" };
const stranger = "somebody@elsewhere.org";
/** The load's callers; each has a limit of its own. */
const callers = 8;

const dashboardOf = (environment: EnvironmentName, mailVariables: Readonly<Record<string, string>>): Dashboard => {
  const set: Readonly<Record<string, string>> = {
    LC_SECRET_KEYS: randomBytes(32).toString("base64url"),
    PUBLIC_URL: `https://${publicHost}`,
    LC_WEB_ORIGINS: webOrigin,
    LC_ADMIN_EMAIL: owner.email,
    LC_ADMIN_PASSWORD: owner.password,
    ...(environment === "staging" ? { LC_SEND_ALLOWLIST: domain } : { LC_EMAIL_PROVIDER: "resend" }),
    ...mailVariables,
  };
  return (_service, variable) => set[variable];
};

/** Every deployment answers its health check, over each kind of address that it has. */
const reachable = async (fleet: Fleet, families: readonly ("ipv6" | "ipv4")[]): Promise<string[]> => {
  const remarks: string[] = [];
  for (const one of fleet.all())
    for (const family of families) {
      const status = await fleet.health(one, family);
      if (status !== 200) remarks.push(`${one.service.name} answered its health check over ${family} with ${status}`);
    }
  return remarks;
};

interface Sent {
  readonly api: Api;
  readonly id: string;
  readonly mark: string;
  readonly people: number;
}

/** Whom the ledger calls reached, against what arrived. Mails arrive in sandboxes that have ended by then. */
const judge = async (
  accepted: readonly string[],
  stats: { status: string; states: Readonly<Record<string, number>> },
  { mark, people }: Pick<Sent, "mark" | "people">,
  mailboxes: Mailboxes,
): Promise<Mails> => {
  const times = new Map<string, number>();
  for (const { to, subject } of await mailboxes.arrived())
    if (subject.includes(mark)) times.set(to, (times.get(to) ?? 0) + 1);
  const { unknown = 0 } = stats.states;
  return {
    people,
    status: stats.status,
    states: stats.states,
    // Whom nobody wrote to and nobody will, and who was called reached and was not.
    lost: Math.max(0, people - accepted.length - unknown) + accepted.filter((address) => !times.has(address)).length,
    doubled: [...times.values()].filter((count) => count > 1).length,
    unknown,
  };
};

/** Only the people of the allow-list, and everybody else with the reason. */
const strangerRemarks = async (api: Api, id: string, environment: EnvironmentName): Promise<string[]> => {
  if (environment !== "staging") return [];
  const skipped = await ledger(api, id, "skipped");
  const reason = skipped.find(({ address }) => address === stranger)?.reason ?? "no row";
  return skipped.length === 1 && reason === "not_on_allowlist"
    ? []
    : [`${stranger} is not on the allow-list, and the ledger says: ${reason}; ${skipped.length} people were skipped`];
};

/** Rehearses the environment in this process's own network namespace. `say` hears how far it is. */
export const rehearse = async (
  environment: EnvironmentName,
  flags: Flags,
  runDir: string,
  say: (line: string) => void,
): Promise<Rehearsal> => {
  const staging = environment === "staging";
  const evaluated = await evaluate(environment);
  say(`The graph of ${environment} holds together: ${evaluated.deployments.map(({ name }) => name).join(", ")}.`);
  const network = await createNetwork(staging ? "ipv6" : "dual");
  const stores = await startStores(runDir, network);
  let fleet: Fleet | undefined;
  const mailboxes = staging ? sandboxMailboxes(() => fleet?.dataDirs ?? []) : await providerMailbox(network);
  const dashboard = dashboardOf(environment, mailboxes.variables);
  fleet = createFleet({ evaluated, network, runDir, outputs: stores.outputs, dashboard });
  const began = performance.now();
  await fleet.preDeploy();
  await fleet.startAll();
  say(`Migrated, and every service is healthy after ${((performance.now() - began) / 1000).toFixed(1)} s.`);
  const remarks = await reachable(fleet, staging ? ["ipv6"] : ["ipv6", "ipv4"]);

  const edge = createEdge(fleet, "web");
  const api = await signIn(edge, owner);
  remarks.push(...(await tryOrigins(edge, owner)));
  await setUpSender(api);
  const people = flags.people(flags.only.length || fleet.services.length);
  await importPeople(api, people, stranger);
  const who = await Promise.all(Array.from({ length: callers }, (_, i) => tokenHeaders(api, `load ${i}`)));
  const mark = randomBytes(6).toString("hex");
  const id = await launch(api, mark, flags.mailsPerSecond);
  say(`${people} people imported, the campaign is launched at ${flags.mailsPerSecond} mails a second.`);

  const asset = readdirSync(join(root, "web/dist/assets")).find((name) => name.endsWith(".js")) ?? "";
  const load = startLoad(edge, flags.perSecond, who, `/assets/${asset}`);
  const redeploys = await roll(fleet, load, flags, say);
  const asked = await load.stop();
  if (["completed", "held"].includes((await statsOf(api, id)).status)) {
    const early = "the campaign ended before the last redeploy: it proves less than it should";
    // In small it is a matter of how busy the machine is.
    if (flags.quick) say(early);
    else remarks.push(early);
  }
  const outages = await playOutages(fleet, stores, api, flags.awaySeconds);
  say("Redis and Postgres were away and are back.");
  const stats = await ended(api, id, 300 + (people / flags.mailsPerSecond) * 2);
  const accepted = (await ledger(api, id, "accepted")).map(({ address }) => address);
  remarks.push(...(await strangerRemarks(api, id, environment)));
  const footprint = await measureFootprint(fleet, flags.idleSeconds);
  await fleet.stop();
  const mails = await judge(accepted, stats, { mark, people: staging ? people : people + 1 }, mailboxes);
  edge.stop();
  await mailboxes.stop();
  return { environment, redeploys, load: asked, outages, mails, footprint, remarks };
};
