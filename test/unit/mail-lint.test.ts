// Findings in a mail: each says what is wrong, how bad it is, and on which line.
import { afterAll, describe, expect, test } from "vitest";
import { draftOf } from "../../services/campaigns/templates/draft.ts";
import { closeMjml } from "../../services/campaigns/templates/mjml.ts";
import { lintDraft } from "../../services/campaigns/templates/preview.ts";
import { sanitise } from "../../services/campaigns/templates/sanitise.ts";

afterAll(closeMjml);
const attributes = () => Promise.resolve(new Set(["attrs.city"]));
const complete = '<p>Hello</p> <a href="{{unsubscribeUrl}}">out</a> {{postalAddress}}';

const findings = async (html: string, subject = "News") =>
  (await lintDraft(await draftOf({ format: "html", subject, html, mjml: null, text: null }), attributes)).findings.map(
    ({ severity, path, line, message }) => `${severity} ${path} ${line ?? "-"}: ${message}`,
  );

test("a mail with nothing wrong has no findings", async () => {
  expect(await findings(complete)).toEqual([]);
});

describe("it finds", () => {
  test.each<[string, string, RegExp]>([
    [
      "a misspelt field",
      "<p>\n{{frstName}}</p>",
      /^error html 2: .*\{\{frstName\}\}\. Did you mean \{\{firstName\}\}\?/,
    ],
    ["a field without its attrs", "{{city}}", /^error html 1: .*attrs\./],
    ["an attribute that no contact has", "\n\n{{attrs.ciyt}}", /^warning html 3: .*Did you mean \{\{attrs\.city\}\}/],
    ["braces that are not closed", "<p>\n\n{{firstName</p>", /^error html 3: .*not closed/],
    ["single braces", "<p>{firstName}</p>", /^warning html 1: .*two braces/],
    ["a field inside a tag", "\n<p {{firstName}}>x</p>", /^error html 2: .*inside a tag/],
    ["an image without alt", '\n<img src="https://e.org/a.png">', /^warning html 2: .*alt/],
    ["an image over http", '<img alt="" src="http://e.org/a.png">', /^warning html 1: This image uses http/],
    ["a link that leads nowhere", "\n<a>x</a>", /^warning html 2: .*nowhere/],
    ["a link over http", '<a href="http://e.org">x</a>', /^warning html 1: This link uses http/],
    ["a script", "\n<script>x</script>", /^warning html 2: <script> is taken out/],
    ["a mail that Gmail cuts off", `<p>${"x".repeat(105_000)}</p>`, /^warning html -: .*Gmail/],
    ["a mail without words", '<img alt="" src="https://e.org/a.png">', /^warning html -: .*no words/],
    ["a mail without content", "", /^error html -: .*no content/],
    ["a missing footer", "<p>x</p>", /^info html -: A footer is added/],
  ])("%s", async (_, html, expected) => {
    expect(await findings(html)).toContainEqual(expect.stringMatching(expected));
  });

  test("an empty subject, and a long one", async () => {
    expect(await findings(complete, "")).toEqual([expect.stringMatching(/^error subject -: .*empty/)]);
    expect(await findings(complete, "x".repeat(90))).toEqual([expect.stringMatching(/^warning subject -: .*90/)]);
  });

  test("lines of MJML, not of the HTML made from it", async () => {
    const mjml = `<mjml><mj-head><mj-attributes><mj-button color="red" /></mj-attributes></mj-head><mj-body><mj-section><mj-column>
      <mj-text>Hello {{frstName}}</mj-text>
      <mj-image src="https://e.org/a.png" />
      <mj-button>Go</mj-button>
    </mj-column></mj-section></mj-body></mjml>`;
    const draft = await draftOf({ format: "mjml", subject: "News", html: null, mjml, text: null });
    const { findings: found } = await lintDraft(draft, attributes);
    expect(found.map(({ severity, path, line }) => [severity, path, line])).toEqual(
      [
        ["error", "mjml", 2],
        ["info", "mjml", null],
        ["warning", "mjml", 3],
        ["warning", "mjml", 4],
      ].sort((a, b) => order(a) - order(b)),
    );
  });
});

const order = ([severity]: (string | number | null)[]) => ["error", "warning", "info"].indexOf(String(severity));

describe("half a megabyte that is made to take long gives few findings:", () => {
  test.each([
    ["images, links and fields", "<img><a>x</a>{{x}}".repeat(25_000)],
    ["style sheets that never end", "<style".repeat(80_000)],
    ["fields that no contact has", Array.from({ length: 20_000 }, (_, i) => `{{attrs.a${i}|}}`).join("")],
    ["fields inside tags", "<p {{email}}>".repeat(35_000)],
    ["braces", "{a".repeat(240_000)],
    ["comments that never end", "<!--[if mso]>".repeat(38_000)],
    ["placeholders of our own", "\uE0020\uE003".repeat(160_000)],
  ])("%s", async (_, html) => {
    const found = await findings(html);
    await sanitise(html);
    // What this guards against took minutes: the test would run out of time.
    expect(found.length).toBeLessThanOrEqual(60);
  });
});
