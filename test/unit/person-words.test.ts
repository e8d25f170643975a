// What names a person, as an expression that takes it out of texts, JSON and links.
import { expect, test } from "vitest";
import { anyWord, redacted } from "../../shared/lib/person-words.ts";

const clean = (text: string, words: readonly string[], json = false) =>
  text.replace(new RegExp(anyWord(words, json) ?? "(?!)", "gi"), redacted);

test("takes words out in any case, the longest first, with signs taken as they are", () => {
  expect(clean("Ada Lovelace <ADA@example.org>", ["ada@example.org", "Ada Lovelace"])).toBe("(erased) <(erased)>");
  expect(clean("+1 202 and +12025550123", ["+12025550123"])).toBe("+1 202 and (erased)");
  expect(clean("ada.lovelace@x", ["ada-lovelace@x", "a.*"])).toBe("ada.lovelace@x");
});

test("finds them in links and inside JSON", () => {
  expect(clean("?m=ada%40example.org&n=Ada+Lovelace", ["ada@example.org", "Ada Lovelace"])).toBe(
    "?m=(erased)&n=(erased)",
  );
  const json = JSON.stringify({ said: 'Ada "the Countess" Lovelace' });
  expect(JSON.parse(clean(json, ['Ada "the Countess" Lovelace'], true))).toEqual({ said: redacted });
});

test("is nothing for nobody", () => {
  expect(anyWord([])).toBeUndefined();
  expect(anyWord([""])).toBeUndefined();
});
