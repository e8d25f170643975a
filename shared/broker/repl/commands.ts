// What the REPL can do beside the stock commands. Each command is a thin face of an endpoint of the API: the gateway
// decides whether the operator may, and writes down what was done.
import type { Row } from "./api.ts";
import { callCommand } from "./call-action.ts";
import { act, type Command, list } from "./command.ts";
import { jobCommands } from "./job-commands.ts";
import { monitorCommands } from "./monitor-commands.ts";
import { at, facts, rowsOf, table } from "./print.ts";

const waits = (row: Row) => (row.oldestDueAt ? `since ${row.oldestDueAt}` : "");
const heldSince = (row: Row) => (row.held ? `since ${at(row, "held.at")} ${at(row, "held.reason") ?? ""}` : "");

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  ...jobCommands,
  list(
    "queues",
    "Queues: what waits, runs and is held",
    "/queues",
    [
      ["queue", "name"],
      ["waiting", "queued"],
      ["running", "running"],
      ["later", "scheduled"],
      ["oldest", waits],
      ["held", heldSince],
    ],
    "There is no queue.",
  ),
  act(
    "queue pause <name>",
    "Holds a queue (--reason …)",
    "POST",
    "/queues/:name/pause",
    (name) => `The queue ${name} is held.`,
    ["reason"],
  ),
  act(
    "queue resume <name>",
    "Lifts the hold of a queue",
    "POST",
    "/queues/:name/resume",
    (name) => `The queue ${name} goes on.`,
  ),
  {
    usage: "types",
    about: "Job types: what waits, runs, failed and is held",
    run: async (api) => {
      const types = rowsOf(await api.call("GET", "/queues")).flatMap((queue) =>
        ((queue.types ?? []) as readonly Row[]).map((type) => ({ ...type, queue: queue.name })),
      );
      return table(
        types,
        [
          ["type", "name"],
          ["queue", "queue"],
          ["waiting", "queued"],
          ["running", "running"],
          ["later", "scheduled"],
          ["oldest", waits],
          ["ended in 24 h", "day.finished"],
          ["failed of these", "day.failed"],
          ["held", heldSince],
        ],
        "There is no job type.",
      );
    },
  },
  act(
    "type pause <name>",
    "Holds a job type (--reason …)",
    "POST",
    "/job-types/:name/pause",
    (name) => `The job type ${name} is held.`,
    ["reason"],
  ),
  act(
    "type resume <name>",
    "Lifts the hold of a job type",
    "POST",
    "/job-types/:name/resume",
    (name) => `The job type ${name} goes on.`,
  ),
  list(
    "dead",
    "Dead letters: events that a group could not handle (--group, --type)",
    "/dead-letters",
    [
      ["id", "id"],
      ["group", "group"],
      ["event", "type"],
      ["state", "state"],
      ["died", "diedAt"],
      ["error", "error"],
    ],
    "There are no dead letters.",
    ["group", "type", "state"],
  ),
  act(
    "dead replay <id>",
    "Gives the event to its group again",
    "POST",
    "/dead-letters/:id/replay",
    (id) => `The letter ${id} is on its way again.`,
  ),
  act(
    "dead drop <id>",
    "Decides that a dead letter needs nothing more",
    "DELETE",
    "/dead-letters/:id",
    (id) => `The letter ${id} is dropped.`,
  ),
  list(
    "schedules",
    "Schedules: when each fires next, what it missed",
    "/schedules",
    [
      ["schedule", "name"],
      ["cron", "cron"],
      ["zone", "timezone"],
      ["next", "nextAt"],
      ["last", "last.at"],
      ["outcome", "last.outcome"],
      ["missed in 24 h", "missed.day"],
      ["paused", (row) => (row.paused ? "yes" : "")],
    ],
    "There is no schedule.",
  ),
  act(
    "schedule run <name>",
    "Starts its job now",
    "POST",
    "/schedules/:name/run",
    (name) => `The schedule ${name} was started by hand.`,
  ),
  act(
    "schedule pause <name>",
    "Lets a schedule fire no more",
    "POST",
    "/schedules/:name/pause",
    (name) => `The schedule ${name} is paused.`,
  ),
  act(
    "schedule resume <name>",
    "Lets a schedule fire again",
    "POST",
    "/schedules/:name/resume",
    (name) => `The schedule ${name} goes on.`,
  ),
  list(
    "campaigns",
    "Campaigns, newest first (--status)",
    "/campaigns",
    [
      ["id", "id"],
      ["name", "name"],
      ["status", "status"],
      ["made", "createdAt"],
    ],
    "There is no campaign.",
    ["status", "limit"],
  ),
  act(
    "campaign pause <id>",
    "Pauses a campaign",
    "POST",
    "/campaigns/:id/pause",
    (id) => `The campaign ${id} is paused.`,
  ),
  act(
    "campaign resume <id>",
    "Resumes a campaign",
    "POST",
    "/campaigns/:id/resume",
    (id) => `The campaign ${id} goes on.`,
  ),
  list(
    "workers",
    "Processes and how each is",
    "/workers",
    [
      ["node", "node"],
      ["state", "state"],
      ["services", (row) => (row.groups as readonly string[] | undefined)?.join(", ")],
      ["running", "running"],
      ["slots", "slots"],
      ["rss MB", (row) => Math.round(Number(row.rss ?? 0) / 1e6)],
      ["late ms", "loop.p99"],
      ["seen", "seenAt"],
    ],
    "No process has said anything.",
  ),
  act(
    "worker drain <node>",
    "Lets a process take no more work",
    "POST",
    "/workers/:node/drain",
    (node) => `${node} takes no more work.`,
  ),
  act(
    "worker undrain <node>",
    "Lets a drained process take work again",
    "POST",
    "/workers/:node/undrain",
    (node) => `${node} takes work again.`,
  ),
  list(
    "audit",
    "The audit log, newest first (--action jobs.)",
    "/audit",
    [
      ["at", "at"],
      ["who", "user.email"],
      ["did", "action"],
      ["object", "objectId"],
      ["request", "requestId"],
    ],
    "The log is empty.",
    ["action", "limit"],
  ),
  {
    usage: "whoami",
    about: "Who you are here, and what you may do",
    run: async (api) => {
      const { user } = (await api.call("GET", "/auth/me")) as { user?: Row };
      return facts([
        ["at", api.baseUrl],
        ["you", user?.email],
        ["role", user?.role],
      ]);
    },
  },
  ...monitorCommands,
  callCommand,
];
