// What somebody wants done, over the tries that it takes: each try carries the same idempotency key until the server has
// said a clear yes or no, so that a lost answer never makes a second message, contact or campaign.
import type { Problem } from "./problem.ts";

const open = new Map<string, string>();
const shapeOf = (name: string, params: unknown): string => `${name} ${JSON.stringify(params)}`;

/** The key of this wish: that of its earlier tries while their fate is open, else a fresh one. */
export const keyOf = (name: string, params: unknown): string => {
  const shape = shapeOf(name, params);
  const key = open.get(shape) ?? crypto.randomUUID();
  open.set(shape, key);
  return key;
};

/** Ends the wish with an answer, or keeps its key where the problem leaves open whether it was done. */
export const settle = (name: string, params: unknown, problem?: Problem): void => {
  if (!problem?.undecided) open.delete(shapeOf(name, params));
};
