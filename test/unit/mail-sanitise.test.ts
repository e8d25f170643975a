// What is taken out of a mail's HTML before anybody sees it, and what comes through unchanged.
import { describe, expect, test } from "vitest";
import { sanitise } from "../../services/campaigns/templates/sanitise.ts";
import { compileContent } from "../../shared/messaging/compile.ts";
import { fill } from "../../shared/messaging/fill.ts";

describe("what runs or asks is taken out:", () => {
  test.each([
    ["scripts", "a<script>alert(1)</script>b", "ab"],
    ["event handlers", '<p onclick="x()">a</p>', "<p>a</p>"],
    ["addresses that run code", '<a href="java&#x09;script:alert(1)">a</a>', "<a>a</a>"],
    ["forms", '<form action="/x"><input name="a"><p>b</p></form>', "<p>b</p>"],
    ["frames", '<iframe src="https://e.org"></iframe>b', "b"],
    ["redirects", '<meta http-equiv="Refresh" content="0;url=https://e.org">a', "a"],
    ["styles that run code", '<p style="width:expression(alert(1))">a</p>', "<p>a</p>"],
    ["drawings", "<svg onload=alert(1)><circle/></svg>a", "a"],
    ["a base that would bend every link", '<base href="https://evil.example/">a', "a"],
    ["fonts over http", '<link rel="stylesheet" href="http://e.org/f.css">a', "a"],
    ["comments", "a<!-- note to self -->b", "ab"],
    ["a script in an Outlook comment", "a<!--[if mso]><script>x()</script><![endif]-->b", "ab"],
    ["a handler in an Outlook comment", '<!--[if mso]><img src="x" onerror="x()"><![endif]-->b', "b"],
    ["a comment that browsers end earlier", "<!--[if mso]>--!><script>x()</script><![endif]-->b", "b"],
  ])("%s", async (_, html, expected) => {
    // What follows a comment that ends early may stay as text.
    expect((await sanitise(html)).replace("&lt;![endif]--&gt;", "").replace("--&gt;", "")).toBe(expected);
  });

  test("a comment inside an attribute stays part of the attribute", async () => {
    const out = await sanitise('<a title="<!--[if mso]><b x="onmouseover=alert(1)<![endif]-->">x</a>');
    expect(out).not.toMatch(/<[^>]*\sonmouseover/);
  });
});

describe("what mails need comes through:", () => {
  test.each([
    ["merge fields in text", "<p>{{firstName|you & me}}</p>"],
    ["a merge field as an address", '<a href="{{attrs.link}}">x</a>'],
    ["a merge field inside an address", '<a href="https://e.org/?c={{attrs.code|a b}}">x</a>'],
    [
      "tables and their attributes",
      '<table cellpadding="0" cellspacing="0" bgcolor="#ffffff"><tr><td colspan="2" valign="top">x</td></tr></table>',
    ],
    [
      "styles",
      '<style type="text/css">@media (max-width:480px) { td > a { color:red } }</style><p style="mso-line-height-rule:exactly;color:#000">x</p>',
    ],
    [
      "Outlook's hidden parts",
      '<!--[if mso | IE]><table role="presentation"><tr><td style="width:600px;"><![endif]--><p>x</p><!--[if mso | IE]></td></tr></table><![endif]-->',
    ],
    ["parts that Outlook skips", "<!--[if !mso]><!--><p>x</p><!--<![endif]-->"],
    ["the doctype", '<!DOCTYPE html><html lang="en"><body>x</body></html>'],
  ])("%s", async (_, html) => {
    expect(await sanitise(html)).toBe(html);
  });

  test("a field keeps its default when it is filled", async () => {
    const html = await sanitise('<p title="{{lastName|A & B}}">{{firstName|you & me}}</p>');
    expect(fill(compileContent({ html }).html, {}, () => "")).toBe('<p title="A &amp; B">you &amp; me</p>');
  });
});

test("what nests without end comes back empty at once", async () => {
  expect(await sanitise("<b>".repeat(300_000))).toBe("");
});
