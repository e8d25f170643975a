// Keys per purpose: unrelated to each other, the same at every start, in the order of the ring.
import { expect, it } from "vitest";
import { derivedKeys } from "../../shared/lib/derived-keys.ts";

const ring = ["a".repeat(40), "b".repeat(40)];

it("derives a key of 32 bytes for each secret, in the order of the ring", () => {
  const keys = derivedKeys(ring, "totp");
  expect(keys.map((key) => key.length)).toEqual([32, 32]);
  expect(derivedKeys([...ring].reverse(), "totp")).toEqual([...keys].reverse());
  expect(derivedKeys([], "totp")).toEqual([]);
});

it("derives unrelated keys for different purposes, and never the secret itself", () => {
  const made = [...derivedKeys(ring, "totp"), ...derivedKeys(ring, "backup")].map((key) => key.toString("hex"));
  expect(new Set(made).size).toBe(4);
  for (const secret of ring) expect(made).not.toContain(Buffer.from(secret).toString("hex"));
});

it("derives the same keys in every version, because backups and second factors of years ago must open", () => {
  expect(derivedKeys(["k".repeat(32)], "backup").map((key) => key.toString("hex"))).toEqual([
    "801cb4ff4835f2127294780aa4a1d5be1493e5bda6527e28986547e14c65226b",
  ]);
});
