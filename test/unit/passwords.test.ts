// Which passwords are refused: what is tried first, and nothing else.
import { describe, expect, it } from "vitest";
import { isCommonPassword } from "../../gateway/accounts/common-passwords.ts";
import { deviceOf } from "../../gateway/accounts/device.ts";
import { demandGoodPassword, generatePassword } from "../../gateway/accounts/passwords.ts";

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
