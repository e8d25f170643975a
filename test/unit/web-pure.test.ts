// The web app's own logic without a browser: generated routes, segment rules, import checks, words.
import { existsSync, globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { routesSource } from "../../web/generate-routes.ts";
import { keyOf, settle } from "../../web/src/intention.ts";
import { hasRemotePictures } from "../../web/src/parts/remote-pictures.ts";
import { Problem } from "../../web/src/problem.ts";
import { bodyOf, fieldsOf } from "../../web/src/screens/contacts/contact-fields.ts";
import { cellError, ownField, rowError } from "../../web/src/screens/imports/check-row.ts";
import { cronWords } from "../../web/src/screens/operations/schedule-words.ts";
import { fromApi, isComplete, newGroup, toApi } from "../../web/src/screens/segments/rule.ts";
import { count, counted, duration, reasonWords, share } from "../../web/src/words.ts";

describe("the web app", () => {
  it("knows method and path of every public action as the contracts have them", () => {
    const stored = readFileSync(resolve(import.meta.dirname, "../../web/src/api-routes.ts"), "utf8");
    expect(stored, "run: node web/generate-routes.ts").toBe(routesSource());
  });

  it("has the style sheet of every component of the kit that a screen uses", () => {
    const root = resolve(import.meta.dirname, "../..");
    const sheet = (name: string) => `@mantine/core/styles/${name}.css`;
    const given = readFileSync(resolve(root, "web/src/mantine-styles.ts"), "utf8");
    const used = globSync("web/src/**/*.tsx", { cwd: root })
      .flatMap((file) => [
        ...readFileSync(resolve(root, file), "utf8").matchAll(/import \{([^}]*)\} from "@mantine\/core"/g),
      ])
      .flatMap(([, names = ""]) => names.split(",").map((name) => name.trim()));
    expect(used.length).toBeGreaterThan(100);
    const bare = new Set(
      used.filter((name) => /^[A-Z]\w+$/.test(name) && existsSync(resolve(root, "node_modules", sheet(name)))),
    );
    expect([...bare].filter((name) => !given.includes(sheet(name)))).toEqual([]);
  });

  it("carries one key over all tries of a wish until the server has clearly answered, whatever else is done meanwhile", () => {
    const first = keyOf("messages.send", { to: "ada@example.org" });
    const other = keyOf("messages.send", { to: "grace@example.org" });
    expect(other).not.toBe(first);
    const unclear = [
      new Problem({}),
      new Problem({ status: 429, code: "RATE_LIMITED" }),
      new Problem({ status: 500, code: "INTERNAL_ERROR" }),
      new Problem({ status: 504, code: "HTTP_504" }),
      new Problem({ status: 409, code: "IDEMPOTENCY_IN_PROGRESS" }),
    ];
    for (const problem of unclear) {
      settle("messages.send", { to: "ada@example.org" }, problem);
      expect(keyOf("messages.send", { to: "ada@example.org" }), problem.code).toBe(first);
    }
    settle("messages.send", { to: "grace@example.org" });
    expect(keyOf("messages.send", { to: "grace@example.org" })).not.toBe(other);
    settle("messages.send", { to: "ada@example.org" }, new Problem({ status: 409, code: "NAME_TAKEN" }));
    expect(keyOf("messages.send", { to: "ada@example.org" })).not.toBe(first);
  });

  it("sends the fields of a contact back as they were: numbers stay numbers, what is emptied goes", () => {
    const contact = {
      ...{ id: "c", email: "ada@example.org", phone: null, firstName: "Ada", lastName: null, orgName: null },
      ...{ kind: "person" as const, communityId: "m", tags: ["vip"], timezone: null, stage: "sales", score: 3 },
      ...{ externalId: null, createdAt: "2026-01-01T00:00:00.000Z", updatedAt: "2026-01-01T00:00:00.000Z" },
      attrs: { employees: 6, member: true, city: "Lyon", gone: "x", empty: null },
    };
    const fields = fieldsOf(contact);
    const attrs = fields.attrs
      .filter(({ name }) => name !== "gone")
      .map(({ name, value }) => ({ name, value: name === "city" ? "7" : value }));
    expect(bodyOf({ ...fields, attrs }, contact).attrs).toEqual({
      ...{ employees: 6, member: true, city: "7", gone: null, empty: null },
    });
  });

  it("knows a mail that would load pictures from elsewhere, which its links do not", () => {
    for (const html of [
      '<img alt="" src="https://e.org/p.gif">',
      "<td BACKGROUND = http://e.org/p.png>",
      "<p style='background:url(//e.org/p.png)'>",
      '<img srcset="https://e.org/2x.png 2x">',
    ])
      expect(hasRemotePictures(html), html).toBe(true);
    for (const html of ['<a href="https://e.org">x</a>', '<img src="data:image/gif;base64,R0">', "<img src=cid:1>"])
      expect(hasRemotePictures(html), html).toBe(false);
  });

  it("says usual cron expressions in words, and nothing about unusual ones", () => {
    const words = {
      "* * * * *": "every minute",
      "*/15 * * * *": "every 15 minutes",
      "0 * * * *": "every hour, on the hour",
      "5 */6 * * *": "every 6 hours, 5 min past",
      "0 1,13 * * *": "every day at 01:00 and 13:00",
      "30 4 * * 1": "on Mondays at 04:30",
      "0 8 * * mon-fri": "Monday to Friday at 08:00",
      "0 8 * * 6,0": "on Saturdays and Sundays at 08:00",
      "0 3 1 * *": "each month on day 1 at 03:00",
      "0 0 24 12 *": "each year on 24 December at 00:00",
    };
    for (const [cron, said] of Object.entries(words)) expect(cronWords(cron), cron).toBe(said);
    for (const cron of ["", "0 4 * * 9", "1-5 4 * * *", "* 4 * * *", "0 4 L * *", "* * * * * *", "0 4 1 * 1"])
      expect(cronWords(cron), cron).toBeUndefined();
  });

  it("turns a segment's rule into the builder and back without a change", () => {
    const rule = {
      all: [
        { field: "tags", op: "has", value: "workshop" },
        {
          none: [
            { field: "score", op: "gte", value: 5 },
            { field: "attrs.city", op: "in", value: ["Köln", "Lyon"] },
          ],
        },
        { field: "email", op: "isSet" },
      ],
    };
    expect(toApi(fromApi(rule))).toEqual(rule);
    const dates = {
      any: [
        { field: "email.lastOpenedAt", op: "before", value: "-30d" },
        { field: "createdAt", op: "after", value: "2026-01-31" },
        { field: "createdAt", op: "before", value: "2026-01-31T09:30:00Z" },
        { field: "lastRepliedAt", op: "gte", value: "-12h" },
        { field: "tags", op: "ne", value: "left" },
      ],
    };
    expect(toApi(fromApi(dates))).toEqual(dates);
    expect(toApi(fromApi({ field: "stage", op: "eq", value: "sales" }))).toEqual({
      all: [{ field: "stage", op: "eq", value: "sales" }],
    });
  });

  it("asks for no count while a condition is empty", () => {
    expect(isComplete(newGroup())).toBe(false);
    expect(isComplete(fromApi({ any: [{ field: "email", op: "notSet" }] }))).toBe(true);
    expect(isComplete(fromApi({ all: [] }))).toBe(false);
    expect(isComplete(fromApi({ all: [{ field: "score", op: "gte", value: "many" }] }))).toBe(false);
  });

  it("tells what an import would refuse, cell by cell and row by row", () => {
    expect(cellError("email", "ada@example.org")).toBeUndefined();
    expect(cellError("email", "ada at example")).toBe("not an email address");
    expect(cellError("timezone", "Mars/Base")).toBe("not a time zone");
    expect(cellError("firstName", "anything")).toBeUndefined();
    const mapping = { Mail: "email", Name: "firstName" };
    expect(rowError(["Mail", "Name"], ["", "Ada"], mapping)).toBe("no email, phone or external id");
    expect(rowError(["Mail", "Name"], ["a@b.c", "Ada", "more"], mapping)).toContain("3 cells, but 2 columns");
    expect(rowError(["Mail", "Name"], ["a@b.c", "Ada"], mapping)).toBeUndefined();
    expect(ownField("Home City")).toBe("attrs.home_city");
  });

  it("says numbers, times and reasons as people do", () => {
    expect(count(12345)).toBe("12,345");
    expect(counted(1, "person", "people")).toBe("1 person");
    expect(share(1, 3)).toBe("33%");
    expect(share(1, 200)).toBe("0.5%");
    expect(duration(7800)).toBe("2 h 10 min");
    expect(reasonWords("no_consent")).toBe("no consent for this channel");
    expect(reasonWords("something_new")).toBe("something new");
  });
});
