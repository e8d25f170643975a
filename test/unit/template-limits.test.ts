// Templates that are made to keep a process busy or to end it: compiled or refused, with work that
// grows with their length and not with its square.
import { describe, expect, test } from "vitest";
import { compileContent } from "../../shared/messaging/compile.ts";
import { fill } from "../../shared/messaging/fill.ts";
import { compileBulk } from "../../shared/messaging/footer.ts";
import { nestingDepth } from "../../shared/messaging/html-depth.ts";

/** What this thread alone worked, in milliseconds: waiting for others on a busy machine does not count. */
const cpuMs = (work: () => unknown): number => {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
};
const enoughMs = 1_500;
/**
 * The result for all of it. What takes noticeable work must not take more than ten times as much as a quarter of it
 * does: four times would be linear, sixteen times quadratic.
 */
const steadily = <T>(work: (share: number) => T): T => {
  let result: T | undefined;
  const whole = cpuMs(() => {
    result = work(1);
  });
  if (whole > enoughMs) expect(whole / cpuMs(() => work(0.25))).toBeLessThan(10);
  return result as T;
};
const long = { timeout: 180_000 };
const times = (piece: string, count: number) => (share: number) => piece.repeat(Math.round(count * share));
const text = (html: string) => fill(compileContent({ html }).text, { firstName: "Ada" }, () => "");

describe("two megabytes of", () => {
  test.each([
    ["tags that are never closed", times("<b>", 600_000), /nests more than 200/],
    ["tables within tables", times("<table><tr><td>", 120_000), /nests more than 200/],
    ["opened fields", times("{", 1_900_000), /not closed/],
    ["unknown fields", times("{{x}}", 300_000), /names the field "x"/],
    ["a field's name", (share: number) => `{{${times("x", 1_900_000)(share)}}}`, /names the field "x+…"/],
  ])("%s are refused, with few words", long, (_, html, message) => {
    const { mistakes } = steadily((share) => compileBulk({ subject: "s", html: html(share) }));
    expect(mistakes[0]?.message).toMatch(message);
    expect(JSON.stringify(mistakes).length).toBeLessThan(10_000);
  });

  test.each([
    ["fields in paragraphs", times("<p>{{email}}</p>", 50_000)],
    ["links", times('<a href="https://example.org/{{email}}">x</a>', 20_000)],
    ["rows", (share: number) => `<table>${times("<tr><td>x</td><td>y</td></tr>", 30_000)(share)}</table>`],
    [
      "a table that says it is endless",
      () => '<table><tr><td colspan="99999999" rowspan="99999999">x</td></tr></table>',
    ],
    ["angle brackets", times("<", 1_900_000)],
  ])("%s are compiled", long, (_, html) => {
    expect(steadily((share) => compileBulk({ subject: "s", html: html(share) })).mistakes).toEqual([]);
  });
});

test("bulk content has at most 50 different fields, a single message as many as it likes", () => {
  const html = (count: number) => Array.from({ length: count }, (_, i) => `{{attrs.a${i}|}}`).join("");
  expect(compileBulk({ html: html(50) }).mistakes).toEqual([]);
  expect(compileBulk({ html: html(51) }).mistakes).toMatchObject([
    { path: "html", message: expect.stringMatching(/51 different/) },
  ]);
  expect(compileContent({ html: html(51) }).mistakes).toEqual([]);
});

test("no value is taken into an address that runs as code, however it begins", () => {
  for (const address of ["javascript:{{firstName}}", " JavaScript:f({{firstName}})", "data:text/html,{{firstName}}"])
    expect(compileContent({ html: `<a href="${address}">x</a>` }).mistakes).toHaveLength(1);
  expect(compileContent({ html: '<a href="mailto:{{email}}">x</a>' }).mistakes).toEqual([]);
});

test("the text part has a line per row, with its cells side by side", () => {
  expect(text("<table><tr><th>Item</th><th>Price</th></tr><tr><td>Pen</td><td colspan=2>3</td></tr></table>bye")).toBe(
    "Item Price\nPen 3\n\nbye",
  );
});

test("depth counts what is open at once, not what is left out or closed", () => {
  expect(nestingDepth("<p>a<p>b<p>c<br><img>", 9)).toBe(1);
  expect(nestingDepth("<table><tr><td>a<td>b<tr><td>c</table><div></div>", 9)).toBe(3);
  expect(nestingDepth("<div><b></i></b></div></div><i>", 9)).toBe(2);
  expect(nestingDepth("<b>".repeat(100), 9)).toBe(10);
});
