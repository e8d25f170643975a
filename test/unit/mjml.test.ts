// MJML: compiled in a thread that comes when it is needed and goes; it reads no files and cannot be kept busy.
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { createMjmlCompiler, type MjmlLimits } from "../../services/campaigns/templates/mjml.ts";
import { until } from "../helpers/processes.ts";

const usual: MjmlLimits = { timeMs: 20_000, memoryMb: 256, idleMs: 60_000, waiting: 20 };
const open: ReturnType<typeof createMjmlCompiler>[] = [];
const compiler = (changes: Partial<MjmlLimits> = {}) => {
  const made = createMjmlCompiler({ ...usual, ...changes });
  open.push(made);
  return made;
};
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const body = (inside: string) =>
  `<mjml><mj-body><mj-section><mj-column>\n${inside}\n</mj-column></mj-section></mj-body></mjml>`;

test("becomes HTML with its merge fields as they were, and asks no other server for fonts", async () => {
  const { html, mistakes } = await compiler().compile(
    body('<mj-text>Hello {{firstName|there}}</mj-text>\n<mj-button href="{{attrs.link}}">Go</mj-button>'),
  );
  expect(mistakes).toEqual([]);
  expect(html).toContain("Hello {{firstName|there}}");
  expect(html).toContain('href="{{attrs.link}}"');
  expect(html).toContain("<!--[if mso");
  expect(html).not.toContain("fonts.googleapis.com");
});

test("no thread runs before the first source, and none after a while without", async () => {
  const mjml = compiler({ idleMs: 1 });
  expect(mjml.running()).toBe(false);
  await mjml.compile(body("<mj-text>x</mj-text>"));
  await until("the thread has ended", () => !mjml.running());
});

describe("a mistake has its line:", () => {
  const shared = createMjmlCompiler(usual);
  afterAll(shared.close);
  test.each([
    ["an element that does not exist", body("<mj-text>x</mj-text>\n<mj-foo />"), 3, /mj-foo/, false],
    [
      "an element in the wrong place",
      "<mjml><mj-body>\n<mj-text>x</mj-text></mj-body></mjml>",
      2,
      /cannot be used/,
      false,
    ],
    ["an end that was forgotten", body("<mj-text>x\n<mj-text>y</mj-text>"), 2, /<mj-text> is not closed/, false],
    ["an end too many", body("</mj-text>"), 2, /was not opened/, false],
    ["an attribute that is passed over", body('<mj-text colour="red">x</mj-text>'), 2, /colour/, true],
    ["text that is no MJML", "hello", 1, /no <mjml>/, false],
    ["a file to include", body('<mj-include path="/etc/passwd" />'), 2, /reads files/, false],
    [
      "a file to include as HTML",
      body('<MJ-Include path="file:///etc/passwd" type="html" />'),
      2,
      /reads files/,
      false,
    ],
  ])("%s", async (_, source, line, message, harmless) => {
    const { mistakes } = await shared.compile(source);
    expect(mistakes[0]).toEqual({ line, message: expect.stringMatching(message), harmless });
  });
});

test("a source that takes too long is given up, and the next one is compiled", async () => {
  const mjml = compiler({ timeMs: 1 });
  expect((await mjml.compile(body("<mj-text>x</mj-text>".repeat(10_000)))).mistakes[0]?.message).toMatch(
    /takes longer/,
  );
  const patient = compiler();
  expect((await patient.compile(body("<mj-text>x</mj-text>"))).mistakes).toEqual([]);
});

test("a source that needs too much memory ends the thread alone", async () => {
  const mjml = compiler({ memoryMb: 24 });
  const { mistakes, html } = await mjml.compile(body("<mj-text>x</mj-text>".repeat(14_000)));
  expect(html).toBe("");
  expect(mistakes[0]?.message).toMatch(/needs more than 24 MB|could not be compiled|interrupted/);
});

test("no more sources wait than may", async () => {
  const mjml = compiler({ waiting: 1 });
  const first = mjml.compile(body("<mj-text>x</mj-text>"));
  await expect(mjml.compile(body("<mj-text>y</mj-text>"))).rejects.toMatchObject({ type: "SERVICE_UNAVAILABLE" });
  expect((await first).mistakes).toEqual([]);
});
