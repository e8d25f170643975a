// Commands about jobs: finding them, also by the person they are about, what went wrong, and running them again.
import type { Api, Row } from "./api.ts";
import { act, type Command, type Given, list, path, readObject, word } from "./command.ts";
import { type Column, facts, rowsOf, table } from "./print.ts";

const jobColumns: readonly Column[] = [
  ["id", "id"],
  ["type", "type"],
  ["state", "state"],
  ["attempts", (row) => `${row.attempts}/${row.maxAttempts ?? "?"}`],
  ["about", "entity"],
  ["made", "createdAt"],
  ["finished", "finishedAt"],
  ["error", "error.message"],
];

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const showJob = (job: Row): string => {
  const errors = (Array.isArray(job.errors) ? job.errors : []) as readonly Row[];
  const head = facts([
    ...(["id", "type", "queue", "state", "entity", "tags", "fingerprint", "worker"] as const).map(
      (name) => [name, name === "tags" ? (job.tags as readonly string[] | undefined)?.join(", ") : job[name]] as const,
    ),
    ["attempts", `${job.attempts} of ${job.maxAttempts ?? "?"}`],
    ...(["createdAt", "runAt", "startedAt", "finishedAt"] as const).map((name) => [name, job[name]] as const),
  ]);
  const tries = errors.map((error) =>
    [
      `attempt ${error.attempt}, ${error.at}: ${error.class}: ${error.message}`,
      ...((error.frames ?? []) as readonly string[]).map((frame) => `    at ${frame}`),
    ].join("\n"),
  );
  const log = (Array.isArray(job.log) ? (job.log as readonly string[]) : []).map((line) => `  ${line}`);
  return [head, ...tries, ...(log.length > 0 ? ["log:", ...log] : [])].join("\n");
};

const jobs = async (api: Api, { options }: Given): Promise<string> => {
  const { contact, ...filter } = options;
  const person = contact === undefined ? {} : uuid.test(contact) ? { contactId: contact } : { person: contact };
  const answer = await api.call("GET", "/jobs", { limit: "50", ...filter, ...person });
  const none =
    contact === undefined
      ? "No job fits."
      : `No job is about ${contact}${Object.keys(filter).length > 0 ? " and fits the rest" : ""}.`;
  return (
    table(rowsOf(answer), jobColumns, none) +
    (answer.nextCursor ? "\nThere are more: --limit, or a narrower filter." : "")
  );
};

const retry: Command = {
  usage: "job retry <id>",
  about: "Runs a failed or cancelled job again; --input '{…}' gives it another input",
  options: ["input"],
  run: async (api, given) => {
    const { input } = given.options;
    const fields = input === undefined ? {} : { input: readObject(input, "--input") };
    const job = await api.call("POST", `/jobs/${path(word(given))}/retry`, fields);
    return `The job ${job.id} is ${job.state} again.`;
  },
};

export const jobCommands: readonly Command[] = [
  {
    usage: "jobs",
    about:
      "Jobs, newest first: --state failed, --type, --queue, --tag, --entity, --fingerprint, --contact <address, phone, name or id>, --limit",
    options: ["state", "type", "queue", "group", "tag", "entity", "fingerprint", "contact", "from", "until", "limit"],
    run: jobs,
  },
  list(
    "failures",
    "Failed jobs by kind of failure",
    "/job-failures",
    [
      ["fingerprint", "fingerprint"],
      ["type", "type"],
      ["count", "count"],
      ["last", "lastAt"],
      ["error", "error.message"],
    ],
    "Nothing failed.",
    ["type", "queue"],
  ),
  retry,
  {
    usage: "job input <id>",
    about: "Shows the input of a job, which may hold personal data",
    run: async (api, given) =>
      JSON.stringify((await api.call("GET", `/jobs/${path(word(given))}/input`)).input, null, 2),
  },
  act(
    "job cancel <id>",
    "Cancels a job that waits or runs",
    "POST",
    "/jobs/:id/cancel",
    (_, job) => `The job ${job.id} is ${job.state}.`,
  ),
  act("job delete <id>", "Deletes a finished job", "DELETE", "/jobs/:id", (id) => `The job ${id} is deleted.`),
  {
    usage: "job <id>",
    about: "One job with every attempt's error",
    run: async (api, given) => showJob(await api.call("GET", `/jobs/${path(word(given))}`)),
  },
];
