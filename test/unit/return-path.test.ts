// Coded return paths: short enough, deaf to case, and of our own making only.
import { expect, test } from "vitest";
import { makeId } from "../../shared/lib/ids.ts";
import { longestBounceLocal, messageOfReturnPath, returnPath } from "../../shared/lib/return-path.ts";
import { messageToken } from "../../shared/lib/tokens.ts";
import { variables } from "../../shared/variables.ts";

const keys = ["a key of at least 32 characters!!", "the key before it, 32 characters"];
const bounces = `${"b".repeat(longestBounceLocal)}@example.org`;

test("carries any message's id within 64 characters, in small letters and digits, wherever it stands", () => {
  for (const id of [...Array.from({ length: 200 }, makeId), "00000000-0000-7000-8000-000000000000"]) {
    const path = returnPath(keys, bounces, id);
    expect(path).toMatch(/^b{18}\+[0-9a-v]{45}@example\.org$/);
    expect(path.indexOf("@")).toBe(64);
    expect(messageOfReturnPath(keys, `Delivered-To: <${path.toUpperCase()}>, x@example.org`)).toBe(id);
  }
});

test("stays valid when keys are rotated, and is nobody else's to make", () => {
  const id = makeId();
  expect(messageOfReturnPath(keys, returnPath(keys.slice(1), bounces, id))).toBe(id);
  expect(messageOfReturnPath(keys, returnPath(["a key of somebody else, 32 letters"], bounces, id))).toBeUndefined();
  const path = returnPath(keys, bounces, id);
  for (let i = 19; i < 64; i++) {
    const other = path[i] === "0" ? "1" : "0";
    expect(messageOfReturnPath(keys, path.slice(0, i) + other + path.slice(i + 1))).toBeUndefined();
  }
  // A token of another purpose, which stands in every mail's links.
  const link = Buffer.from(messageToken(keys, "unsubscribe", id), "base64url").toString("hex");
  const asPath = BigInt(`0x${link}`).toString(32).padStart(45, "0");
  expect(messageOfReturnPath(keys, `bounces+${asPath}@example.org`)).toBeUndefined();
  expect(messageOfReturnPath(keys, `bounces+${"v".repeat(45)}@example.org`)).toBeUndefined();
});

test("is made only of bounce addresses that leave room for it", () => {
  const refuse = variables.find(({ name }) => name === "LC_BOUNCE_ADDRESS")?.refuse;
  expect(refuse?.(bounces)).toBeUndefined();
  for (const wrong of [`b${bounces}`, "bounces", "bounces+x@example.org", "bounces@localhost", "a b@example.org"])
    expect(refuse?.(wrong)).toMatch(/^an email address with at most 18/);
});
