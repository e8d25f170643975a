// Templates that are made to keep a process busy or to end it: compiled or refused, within a second or two.
import { describe, expect, test } from "vitest";
import { compileContent } from "../../shared/messaging/compile.ts";
import { fill } from "../../shared/messaging/fill.ts";
import { compileBulk } from "../../shared/messaging/footer.ts";
import { nestingDepth } from "../../shared/messaging/html-depth.ts";

const quickly = <T>(work: () => T): T => {
  const began = performance.now();
  const result = work();
  // Linear work takes milliseconds here; what this guards against took minutes.
  expect(performance.now() - began).toBeLessThan(8_000);
  return result;
};
const text = (html: string) => fill(compileContent({ html }).text, { firstName: "Ada" }, () => "");

describe("two megabytes of", () => {
  test.each([
    ["tags that are never closed", "<b>".repeat(600_000), /nests more than 200/],
    ["tables within tables", "<table><tr><td>".repeat(120_000), /nests more than 200/],
    ["opened fields", "{".repeat(1_900_000), /not closed/],
    ["unknown fields", "{{x}}".repeat(300_000), /names the field "x"/],
    ["a field's name", `{{${"x".repeat(1_900_000)}}}`, /names the field "x+…"/],
  ])("%s are refused, with few words", (_, html, message) => {
    const { mistakes } = quickly(() => compileBulk({ subject: "s", html }));
    expect(mistakes[0]?.message).toMatch(message);
    expect(JSON.stringify(mistakes).length).toBeLessThan(10_000);
  });

  test.each([
    ["fields in paragraphs", "<p>{{email}}</p>".repeat(50_000)],
    ["links", '<a href="https://example.org/{{email}}">x</a>'.repeat(20_000)],
    ["rows", `<table>${"<tr><td>x</td><td>y</td></tr>".repeat(30_000)}</table>`],
    ["a table that says it is endless", '<table><tr><td colspan="99999999" rowspan="99999999">x</td></tr></table>'],
    ["angle brackets", "<".repeat(1_900_000)],
  ])("%s are compiled", (_, html) => {
    expect(quickly(() => compileBulk({ subject: "s", html })).mistakes).toEqual([]);
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
