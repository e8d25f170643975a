// Commands of the prompt against the contracts: every endpoint that one leads to is there, and takes what it is given.
import { expect, test } from "vitest";
import { fieldsOf, publicActions } from "../../gateway/operations.ts";
import type { Api, Row } from "../../shared/broker/repl/api.ts";
import { commands } from "../../shared/broker/repl/commands.ts";
import { facts, table } from "../../shared/broker/repl/print.ts";
import { helpOf, runCommand } from "../../shared/broker/repl/run-command.ts";

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly fields: Row;
}

/** What a command asks the API for, given these words. */
const askedBy = async (words: readonly string[], answer: Row = { data: [] }): Promise<Asked[]> => {
  const asked: Asked[] = [];
  const api: Api = {
    baseUrl: "",
    call: async (method, path, fields = {}) => {
      asked.push({ method, path, fields });
      return answer;
    },
    close: async () => undefined,
  };
  await runCommand(api, words);
  return asked;
};

const first = (path: string) => path.split("/")[1] ?? "";
const actionAt = ({ method, path }: Asked) =>
  publicActions.find(
    ({ rest }) =>
      rest.method === method && new RegExp(`^${rest.path.replace(/:\w+/g, "[^/]+")}$`).test(path.split("?")[0] ?? ""),
  );

test.each(commands.filter(({ usage }) => !usage.startsWith("call")))(
  "$usage leads to an endpoint that there is, with fields that it takes",
  async ({ usage, options = [] }) => {
    const words = usage.split(" ").map((word) => (word.startsWith("<") ? "x" : word));
    const values: Readonly<Record<string, string>> = {
      input: "{}",
      for: "2h",
      contact: "01990000-0000-7000-8000-000000000001",
    };
    const given = options.flatMap((name) => [`--${name}`, values[name] ?? "1"]);
    const asked = await askedBy([...words, ...given], { data: [{ id: "x" }] });
    expect(asked.length).toBeGreaterThan(0);
    for (const one of asked) {
      // A part of the API that this version does not have yet has none of it.
      if (publicActions.every(({ rest }) => first(rest.path) !== first(one.path))) continue;
      const action = actionAt(one);
      expect(action?.name, `${one.method} ${one.path}`).toBeDefined();
      if (action) expect(fieldsOf(action.contract)).toEqual(expect.arrayContaining(Object.keys(one.fields)));
    }
  },
);

test("a raw call fills the path from its parameters, and what is not part of the API is refused", async () => {
  expect(await askedBy(["call", "jobs.retry", '{"id":"a/b","input":{"x":1}}'])).toEqual([
    { method: "POST", path: "/jobs/a%2Fb/retry", fields: { input: { x: 1 } } },
  ]);
  await expect(askedBy(["call", "jobs.retry"])).rejects.toThrow(/needs id/);
  await expect(askedBy(["call", "email.nothing"])).rejects.toThrow(/not part of the API/);
  await expect(askedBy(["call", "jobs.list", "[]"])).rejects.toThrow(/not an object of JSON/);
});

test("a command that is not understood is answered with what there is", async () => {
  await expect(askedBy(["queue"])).rejects.toThrow(/expected one of:\nqueue pause <name>/);
  await expect(askedBy(["queue", "pause"])).rejects.toThrow(/<name> is missing/);
  await expect(askedBy(["queue", "pause", "emails", "now"])).rejects.toThrow(/"now" is too much/);
  await expect(askedBy(["jobs", "--stat=failed"])).rejects.toThrow(/"jobs" has no option --stat; it takes --state, /);
  await expect(askedBy(["job", "cancel", "x", "--force"])).rejects.toThrow(/has no option --force; it takes none/);
  await expect(askedBy(["jobs", "--state"])).rejects.toThrow(/'--state <value>' argument missing/);
  await expect(askedBy(["monitor", "silence", "x", "--for", "soon"])).rejects.toThrow(/for example 30m, 2h or 1d/);
  expect(helpOf()).toContain("job retry <id>");
});

test("tables leave out empty columns and steer no terminal, whatever is in an answer", () => {
  const rows = [
    { a: "x\u001b[2Jy\nz", b: null, c: 1 },
    { a: "y".repeat(100), c: null },
  ];
  expect(
    table(
      rows,
      [
        ["a", "a"],
        ["b", "b"],
        ["c", "c"],
      ],
      "none",
    ),
  ).toBe(`${"a".padEnd(60)}  c\n${"x [2Jy z".padEnd(60)}  1\n${"y".repeat(59)}…`);
  expect(table([], [["a", "a"]], "none")).toBe("none");
  expect(
    facts([
      ["id", 1],
      ["missing", undefined],
    ]),
  ).toBe("id  1");
});
