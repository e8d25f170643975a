// Small secrets at rest: what opens them, what does not, and how keys are rotated.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { seal, unseal } from "../../shared/lib/sealed.ts";
import { confidential, isConfidential, revealed } from "../../shared/messaging/confidential.ts";

const [older, newer] = [randomBytes(32), randomBytes(32)];
const secret = Buffer.from("a small secret");

describe("a sealed secret", () => {
  it("opens under the key that sealed it, and tells which one that was", () => {
    const sealed = seal([older], secret, "ada");
    expect(sealed.includes(secret)).toBe(false);
    expect(unseal([older], sealed, "ada")).toEqual({ plain: secret, key: 0 });
    expect(unseal([newer, older], sealed, "ada")).toEqual({ plain: secret, key: 1 });
    expect(seal([older], secret, "ada")).not.toEqual(sealed);
  });

  it("opens under no other key, about nobody else, and not when a single bit was changed", () => {
    const sealed = seal([older], secret, "ada");
    expect([unseal([newer], sealed, "ada"), unseal([], sealed, "ada"), unseal([older], sealed, "grace")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(unseal([older], changed, "ada")).toBeUndefined();
      expect(unseal([older], sealed.subarray(0, at), "ada")).toBeUndefined();
    }
    expect(() => seal([], secret, "ada")).toThrow("no secret key");
  });
});

describe("the values of a mail with a key to an account", () => {
  const [old, fresh] = ["an old key of thirty-two characters", "a new key of thirty-two characters!"];
  const vars = { inviter: "Ada", link: "https://learn.example.org/accept-invite/abc" };

  it("are kept with the link sealed, and revealed to whoever makes the mail, also after a rotation", () => {
    const kept = confidential([old], vars);
    expect(JSON.stringify(kept)).not.toContain("abc");
    expect([kept["inviter"], isConfidential(kept)]).toEqual(["Ada", true]);
    expect(revealed([fresh, old], kept)).toMatchObject(vars);
    expect(() => revealed([fresh], kept)).toThrow("LC_SECRET_KEYS");
  });

  it("are taken as they are where nothing is sealed: other mails, and those of an older version", () => {
    expect(revealed([old], vars)).toBe(vars);
    expect(revealed([old], { ...vars, "lc:confidential": "yes" })).toMatchObject(vars);
    expect(revealed([old], confidential([old], { what: "Something changed" }))).toMatchObject({
      what: "Something changed",
    });
  });
});
