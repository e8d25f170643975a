// Which passwords are refused: what is tried first, and nothing else.
import { describe, expect, it } from "vitest";
import { isCommonPassword } from "../../gateway/accounts/common-passwords.ts";
import { deviceOf } from "../../gateway/accounts/device.ts";
import {
  decoy,
  demandGoodPassword,
  generatePassword,
  hashPassword,
  isOutdated,
  passwordFits,
} from "../../gateway/accounts/passwords.ts";
import { createTurns } from "../../gateway/accounts/turns.ts";

describe("a password", () => {
  it.each([
    "1234567890",
    "0987654321",
    "11111111111",
    "abcabcabcabc",
    "qwertyuiop",
    "Qwerty12345",
    "1qaz2wsx3edc",
    "1q2w3e4r5t",
    "password123",
    "P@ssw0rd2024!",
    "PasswordPassword",
    "iloveyou1234",
    "Welcome2025!",
    "letmein12345",
    "Summer2024!!",
    "learningcenter1",
    "admin1234567",
    "correcthorsebatterystaple",
    "19850412198",
  ])("that everybody tries first is refused: %s", (common) => {
    expect(isCommonPassword(common)).toBe(true);
  });

  it.each([
    "correct horse battery",
    "correct horse battery staple 7",
    "four unusual words here",
    "Tr0ub4dor&3xyz",
    "kaffee mit sieben loeffeln",
    "xk7!vTq9_pLz",
    "пять необычных слов",
    "我的密码很长而且不寻常对吧",
  ])("that nobody tries first is taken: %s", (good) => {
    expect(() => demandGoodPassword(good, "ada@example.org")).not.toThrow();
  });

  it("that we make ourselves is always good", () => {
    for (let n = 0; n < 200; n++) expect(isCommonPassword(generatePassword())).toBe(false);
  });

  it("is refused for its length and when it is the email", () => {
    expect(() => demandGoodPassword("short one", "a@b.org")).toThrow("has 9 characters");
    expect(() => demandGoodPassword("x".repeat(129), "a@b.org")).toThrow("has 129 characters");
    expect(() => demandGoodPassword("my ada@example.org!", "ada@example.org")).toThrow("email");
    expect(() => demandGoodPassword("ada.lovelace1815", "ada.lovelace@example.org")).toThrow("email");
  });

  it("takes no longer to judge when it is as long as can be", () => {
    expect(isCommonPassword("password".repeat(16))).toBe(true);
    expect(isCommonPassword(`${"a".repeat(500)}b`)).toBe(false);
  });
});

describe("a stored password", () => {
  /** Algorithm and parameters of a hash. */
  const costOf = (stored: string) => stored.split("$").slice(1, 4).join("$");

  it("is hashed by argon2id with 19 MiB, two passes and one lane, salted anew each time", async () => {
    const [one, two] = await Promise.all([hashPassword("four unusual words"), hashPassword("four unusual words")]);
    expect(costOf(one)).toBe("argon2id$v=19$m=19456,t=2,p=1");
    expect(one).not.toBe(two);
    expect([await passwordFits(one, "four unusual words"), await passwordFits(one, "five unusual words")]).toEqual([
      true,
      false,
    ]);
    for (const wrong of ["short one", "x".repeat(129)]) expect(() => hashPassword(wrong)).toThrow("characters");
  });

  it("is compared just as expensively for people who do not exist or have no password", async () => {
    expect(costOf(decoy)).toBe(costOf(await hashPassword("four unusual words")));
    for (const nobody of [undefined, null])
      expect([await passwordFits(nobody, "four unusual words"), await passwordFits(nobody, "")]).toEqual([
        false,
        false,
      ]);
  });

  it("is due to be hashed anew when our parameters have grown", () => {
    const stored = (memory: number, time: number) => `$argon2id$v=19$m=${memory},t=${time},p=1$c2FsdHNhbHQ$aGFzaA`;
    expect([stored(19_456, 2), stored(65_536, 3)].map(isOutdated)).toEqual([false, false]);
    expect([stored(8_192, 2), stored(19_456, 1), "$argon2i$v=19$m=19456,t=2,p=1$a$b", ""].map(isOutdated)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });
});

describe("work that is done in turns", () => {
  it("never runs more than allowed at once, in the order it came, and refuses what finds no room", async () => {
    const turns = createTurns(2, 3, "Too many. Try again.");
    const begun: number[] = [];
    const end: (() => void)[] = [];
    const work = (n: number) => () => {
      begun.push(n);
      return new Promise<number>((resolve) => end.push(() => resolve(n)));
    };
    const all = [0, 1, 2, 3, 4].map((n) => turns(work(n)));
    await expect(turns(work(5))).rejects.toMatchObject({ type: "SERVICE_UNAVAILABLE" });
    expect(begun).toEqual([0, 1]);
    for (let n = 0; n < 5; n++) {
      end[n]?.();
      await all[n];
      expect(begun).toEqual([0, 1, 2, 3, 4].slice(0, n + 3));
    }
    // What fails gives its turn back, too.
    await expect(turns(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await turns(() => Promise.resolve("goes on"))).toBe("goes on");
  });
});

describe("a browser", () => {
  it("is called by a name that people know", () => {
    const chrome =
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";
    expect(deviceOf(chrome)).toBe("Chrome on Windows");
    expect(deviceOf(`${chrome} Edg/140.0`)).toBe("Edge on Windows");
    expect(deviceOf("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) Version/18.0 Safari/605.1")).toBe("Safari on macOS");
    expect(deviceOf("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36")).toBe("Chrome on Android");
    expect(deviceOf("")).toBe("Unknown browser");
  });
});
