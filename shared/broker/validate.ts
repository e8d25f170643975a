// Checks a value against a contract and turns zod's findings into the catalogue's VALIDATION_FAILED with paths.
import type { z } from "zod";
import { type FieldError, fail } from "../contracts/errors.ts";

type Issue = z.core.$ZodIssue;

const shown = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text === undefined ? "nothing" : text.length > 80 ? `${text.slice(0, 77)}…` : text;
};

const shortened = (key: PropertyKey) => {
  const name = String(key);
  return name.length > 100 ? `${name.slice(0, 99)}…` : name;
};

/** A path as the caller knows it: `content.html`, `messages.3.to`. */
const pathOf = (path: readonly PropertyKey[]) => path.map(shortened).join(".");

const isStorable = (text: string) => !text.includes("\0") && text.isWellFormed();

/** Where a value holds text that Postgres refuses or would silently change: a NUL character, half of a surrogate pair. */
const unstorable = (value: unknown, path: readonly PropertyKey[] = []): FieldError[] => {
  if (typeof value === "string")
    return isStorable(value)
      ? []
      : [{ path: pathOf(path), message: "has a NUL character or broken Unicode; take it out" }];
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    isStorable(key)
      ? unstorable(inner, [...path, key])
      : [{ path: pathOf([...path, key]), message: "is a name with a NUL character or broken Unicode; take it out" }],
  );
};

const flatten = (issue: Issue, prefix: readonly PropertyKey[]): FieldError[] => {
  const path = [...prefix, ...issue.path];
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      path: pathOf([...path, key]),
      message: "is not a field of this request; take it out or check its spelling",
    }));
  if (issue.code === "invalid_union") {
    // The branch with the fewest complaints is the one the caller meant.
    const closest = [...issue.errors].sort((a, b) => a.length - b.length)[0];
    if (closest && closest.length > 0 && issue.errors.length < 4)
      return closest.flatMap((inner) => flatten(inner, path));
  }
  if (issue.code === "invalid_key")
    return [
      { path: pathOf(path), message: `has a name that is not taken: ${issue.issues[0]?.message ?? issue.message}` },
    ];
  const found = issue.input === undefined || issue.code === "custom" ? "" : `; found ${shown(issue.input)}`;
  return [{ path: pathOf(path), message: `${issue.message}${found}` }];
};

/**
 * Returns the checked value, with defaults filled in.
 * Throws VALIDATION_FAILED (422) that names every wrong place; `what` is the action, event or job for the sentence.
 */
export const validate = <T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> => {
  const result = schema.safeParse(value, { reportInput: true });
  const wrong = result.success ? unstorable(result.data) : result.error.issues.flatMap((issue) => flatten(issue, []));
  if (result.success && wrong.length === 0) return result.data;
  const errors = wrong.slice(0, 50);
  const first = errors[0];
  throw fail(
    "VALIDATION_FAILED",
    `${what} cannot take this: ${first?.path ? `${first.path}: ` : ""}${first?.message ?? "wrong input"}${errors.length > 1 ? ` (and ${errors.length - 1} more)` : ""}`,
    { errors },
  );
};
