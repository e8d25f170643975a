// Signed public tokens: what they carry, what they refuse, and how they outlive a change of keys.
import { createHmac, hkdfSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  keyedHash,
  keyedHashFits,
  messageToken,
  openToken,
  readMessageToken,
  signToken,
} from "../../shared/lib/tokens.ts";

const keys = ["a".repeat(40), "b".repeat(40)];
const id = "01990000-0000-7000-8000-000000000001";

describe("a message token", () => {
  it("gives back its message and the number of its link", () => {
    expect(readMessageToken(keys, "open", messageToken(keys, "open", id))).toEqual({ messageId: id, index: 0 });
    expect(readMessageToken(keys, "click", messageToken(keys, "click", id, 65_535))).toEqual({
      messageId: id,
      index: 65_535,
    });
  });

  it("opens for its own purpose only", () => {
    const token = messageToken(keys, "open", id);
    expect(readMessageToken(keys, "click", token)).toBeUndefined();
    expect(readMessageToken(keys, "unsubscribe", token)).toBeUndefined();
  });

  it("still opens after a new first key, and no longer once its key is gone", () => {
    const token = messageToken(keys, "unsubscribe", id);
    expect(readMessageToken(["c".repeat(40), ...keys], "unsubscribe", token)).toEqual({ messageId: id, index: 0 });
    expect(readMessageToken(["c".repeat(40)], "unsubscribe", token)).toBeUndefined();
  });

  it("is short, safe in a path, and the same every time", () => {
    expect(messageToken(keys, "click", id, 3)).toMatch(/^[\w-]{40}$/);
    expect(messageToken(keys, "click", id, 3)).toBe(messageToken(keys, "click", id, 3));
  });

  it("needs a uuid", () => {
    expect(() => messageToken(keys, "open", "not-a-uuid")).toThrow("needs a uuid");
  });
});

describe("a signed token", () => {
  it("carries any bytes, and does not open when a single character differs", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.nat(),
        fc.constantFrom(..."ABCabc019-_"),
        (payload, place, character) => {
          const token = signToken(keys, "test", payload);
          expect(Buffer.from(openToken(keys, "test", token) ?? []).equals(payload)).toBe(true);
          const at = place % token.length;
          const changed = token.slice(0, at) + character + token.slice(at + 1);
          if (changed !== token) expect(openToken(keys, "test", changed)).toBeUndefined();
        },
      ),
    );
  });

  it("is refused when it is empty, too long, or not base64url", () => {
    for (const token of ["", "A", "A".repeat(16), "A".repeat(401), "a+b/c=", "ä".repeat(40)])
      expect(openToken(keys, "test", token)).toBeUndefined();
  });
});

describe("a keyed hash", () => {
  it("fits the text it was made of, under any key of the list", () => {
    const hash = keyedHash([keys[1] ?? ""], "csrf", "session");
    expect(keyedHashFits(keys, "csrf", "session", hash)).toBe(true);
    expect(keyedHashFits(keys, "csrf", "other", hash)).toBe(false);
    expect(keyedHashFits(keys, "address", "session", hash)).toBe(false);
    expect(keyedHashFits(keys, "csrf", "session", "short")).toBe(false);
  });
});

it("signs as HMAC-SHA256 of the standard library does", () => {
  const derived = Buffer.from(hkdfSync("sha256", keys[0] ?? "", "", "lc:test", 32));
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (payload) => {
      const expected = createHmac("sha256", derived).update(payload).digest().subarray(0, 12);
      const signature = Buffer.from(signToken(keys, "test", payload), "base64url").subarray(-12);
      expect(signature.equals(expected)).toBe(true);
    }),
  );
});
