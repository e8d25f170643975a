// Contracts of the workers service: the processes of the platform, how each is, and draining one; and the providers that
// messages leave by.
import { z } from "zod";
import { action, clean, Instant } from "./contract.ts";

const count = z.number().int();

const RunningJob = z.object({ id: z.string(), type: z.string(), ms: count });
const ProviderState = z.enum(["ok", "pausing", "broken", "trying"]);
const ProviderHere = z.object({
  name: z.string(),
  state: ProviderState,
  /** Milliseconds until it is asked again. */
  waitMs: count,
  underWay: count,
  concurrency: count,
  /** What it said when it last said no, without addresses. */
  said: z.string().nullable(),
});
const Sender = z.object({
  channel: z.enum(["email", "sms", "call"]),
  inFlight: count,
  ready: count,
  sent: count,
  perSecond: z.number(),
  providers: z.array(ProviderHere),
});

export const Worker = z.object({
  /** Unique per process; also in logs and in `worker` of a job. */
  node: z.string(),
  /** `gone`: silent for 10 s without having said goodbye. */
  state: z.enum(["working", "draining", "stopping", "gone"]),
  groups: z.array(z.string()),
  services: z.array(z.string()),
  host: z.string(),
  pid: count,
  replica: z.string(),
  version: z.string(),
  commit: z.string().nullable(),
  startedAt: Instant,
  /** When it was last heard of. */
  seenAt: Instant,
  /** Bytes. */
  rss: count,
  heapUsed: count,
  /** Share of one core. */
  cpu: z.number(),
  /** Milliseconds by which its event loop is late. */
  loop: z.object({ p50: z.number(), p99: z.number() }),
  /** Connections to Postgres. */
  pool: z.object({ used: count, open: count, max: count, waiting: count }),
  /** Milliseconds since it last looked for due work in Postgres. */
  relaySilentMs: count.nullable(),
  slots: count,
  running: count,
  /** Jobs that are leased to it in Postgres. */
  held: count,
  jobs: z.array(
    z.object({
      group: z.string(),
      slots: count,
      running: count,
      waiting: count,
      unwritten: count,
      jobs: z.array(RunningJob),
    }),
  ),
  senders: z.array(Sender),
});
export type Worker = z.infer<typeof Worker>;

export const Provider = z.object({
  name: z.string(),
  channel: z.enum(["email", "sms", "call"]),
  /** The worst that a process says of it. */
  state: ProviderState,
  waitMs: count,
  underWay: count,
  concurrency: count,
  said: z.string().nullable(),
  /** Processes that send through it. */
  nodes: z.array(z.string()),
});
export type Provider = z.infer<typeof Provider>;

const byNode = z.strictObject({ node: clean(z.string().min(1).max(200)) });

export const workers = {
  group: "scheduler",
  actions: {
    list: action({
      summary: "Processes of the platform and how each is; those that vanished within the last ten minutes as `gone`",
      permission: "read",
      rest: { method: "GET", path: "/workers" },
      params: z.strictObject({}),
      result: z.object({ data: z.array(Worker) }),
    }),
    get: action({
      summary: "Shows one process with the jobs that it runs",
      permission: "read",
      rest: { method: "GET", path: "/workers/:node" },
      params: byNode,
      result: Worker,
    }),
    drain: action({
      summary:
        "Lets a process claim no more jobs and messages, within two seconds and until `undrain` or its end; what runs goes on",
      permission: "admin",
      rest: { method: "POST", path: "/workers/:node/drain" },
      params: byNode,
      result: Worker,
    }),
    undrain: action({
      summary: "Lets a drained process claim again",
      permission: "admin",
      rest: { method: "POST", path: "/workers/:node/undrain" },
      params: byNode,
      result: Worker,
    }),
    providers: action({
      summary: "Providers that messages leave by: their state over all processes, and the rates that bound them",
      permission: "read",
      rest: { method: "GET", path: "/providers" },
      params: z.strictObject({}),
      result: z.object({
        data: z.array(Provider),
        /** Messages a second to a recipient domain, where limited. */
        domainRates: z.array(z.object({ domain: z.string(), perSecond: z.number() })),
      }),
    }),
  },
  events: {},
  jobs: {},
} as const;
