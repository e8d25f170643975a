// Templates: merge fields are found, checked, escaped for their place, and links and footers are what they must be.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileContent } from "../../shared/messaging/compile.ts";
import { fill, fillDestination } from "../../shared/messaging/fill.ts";
import { compileBulk } from "../../shared/messaging/footer.ts";

const link = (index: number) => `https://l.example/${index}`;
const html = (source: string, values: Record<string, string>) =>
  fill(compileContent({ html: source }).html, values, link);

describe("a value is escaped for its place", () => {
  test.each([
    ["html text", "<p>{{firstName}}</p>", "<p>&lt;b&gt; &amp; &quot;&#39;</p>"],
    ["an attribute", '<p title="{{firstName}}">x</p>', '<p title="&lt;b&gt; &amp; &quot;&#39;">x</p>'],
    [
      "an address",
      '<img src="https://i.example/{{firstName}}.png">',
      '<img src="https://i.example/%3Cb%3E%20%26%20%22&#39;.png">'.replace("&#39;", "'"),
    ],
  ])("in %s", (_, source, expected) => {
    expect(html(source, { firstName: `<b> & "'` })).toBe(expected);
  });

  test("a value cannot choose a scheme that runs code", () => {
    expect(html('<img src="{{attrs.x}}">', { "attrs.x": "javascript:alert(1)" })).toBe('<img src="">');
  });

  test("whatever the value, the html has the same tags", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const out = html(
          '<p class="{{attrs.a}}">{{firstName|x}} <a title="{{attrs.a}}" href="/y?q={{attrs.a}}">z</a></p>',
          { firstName: value, "attrs.a": value },
        );
        expect(out.match(/<[^>]*>/g)).toHaveLength(4);
      }),
    );
  });

  test("defaults stand in for what is missing or empty", () => {
    expect(html("{{firstName|there}} {{lastName|}}!", { firstName: "" })).toBe("there !");
  });
});

describe("a mistake is answered with its place", () => {
  test.each([
    ["an unknown field", "<p>\n{{frstName}}</p>", /line 2, column 1.*"frstName"/],
    ["an unclosed field", "<p>{{firstName</p>", /line 1, column 4.*not closed/],
    ["a field in a tag name", "<{{firstName}}>", /inside a tag/],
    ["a field in a script", "<script>var a = '{{firstName}}'</script>", /inside <script>/],
    ["a field in an event handler", '<p onclick="x({{firstName}})">a</p>', /runs as code/],
    ["a field without quotes", "<p title={{firstName}}>a</p>", /no quotes/],
    ["a name from an object's prototype", "<p>{{constructor}}</p>", /"constructor"/],
  ])("%s", (_, source, message) => {
    const { mistakes } = compileContent({ html: source });
    expect(mistakes).toMatchObject([{ path: "html", message: expect.stringMatching(message) }]);
  });

  test("any text compiles or says what is wrong, and fills", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom("<p>", '<a href="', "{{", "}}", "{{firstName}}", "<!--", "<script>", "&amp;"),
        fc.string(),
        (a, b, c) => {
          const compiled = compileBulk({ subject: a + b, html: a + b + c + b });
          expect(compiled.html.parts.length).toBe(compiled.html.holes.length + 1);
          fill(compiled.html, {}, link);
          fill(compiled.text, {}, link);
        },
      ),
    );
  });
});

describe("links", () => {
  test("to the web are tracked, others are left alone, and destinations are decoded", () => {
    const { links, html: compiled } = compileContent({
      html: '<a href="https://e.org/?a=1&amp;b=2">x</a><a href="mailto:a@b.example">y</a><a href="#top">z</a>',
    });
    expect(links).toEqual(["https://e.org/?a=1&b=2"]);
    expect(fill(compiled, {}, link)).toBe(
      '<a href="https://l.example/0">x</a><a href="mailto:a@b.example">y</a><a href="#top">z</a>',
    );
  });

  test("carry a person's values, encoded", () => {
    expect(fillDestination("https://e.org/?c={{attrs.code}}&n={{firstName|you}}", { "attrs.code": "a b&c" })).toBe(
      "https://e.org/?c=a%20b%26c&n=you",
    );
  });

  test("appear in the text part too", () => {
    const { text } = compileContent({ html: '<h1>Hi {{firstName}}</h1><p>Read <a href="https://e.org">this</a></p>' });
    expect(fill(text, { firstName: "<Ada>" }, link)).toBe("Hi <Ada>\n\nRead this [https://l.example/0]");
  });
});

describe("bulk mail", () => {
  test("gets a footer with address and unsubscribe link where it has none", () => {
    const out = fill(
      compileBulk({ subject: "s", html: "<html><body><p>x</p></body></html>" }).html,
      { unsubscribeUrl: "https://u.example/1", postalAddress: "1 <Street>", pixelUrl: "https://p.example" },
      link,
    );
    expect(out).toMatch(
      /1 &lt;Street&gt;.*href="https:\/\/u.example\/1".*<img src="https%3A|<img src="https:\/\/p.example".*<\/body>/s,
    );
  });

  test("that has its own keeps it", () => {
    const { html: compiled } = compileBulk({
      subject: "s",
      html: '<p>{{postalAddress}} <a href="{{unsubscribeUrl}}">out</a></p>',
    });
    expect(
      fill(compiled, { unsubscribeUrl: "https://u.example/1?a=b", postalAddress: "x", pixelUrl: "p" }, link).match(
        /u\.example/g,
      ),
    ).toHaveLength(1);
  });

  test("fields of the sender are not asked of the contact", () => {
    expect(compileBulk({ subject: "{{firstName}}", html: "{{lastName|x}}" })).toMatchObject({
      fields: ["firstName", "lastName"],
      required: ["firstName"],
    });
  });
});
