// Between react-hook-form and the API: a 422 shows each message at its field; what has no field is shown above the form.
import type { FieldValues, Path, UseFormReturn } from "react-hook-form";
import type { Problem } from "./problem.ts";

/**
 * Puts a problem's field errors at the fields of a form. `fields` maps a path of the API to a field of the form
 * (same name when it is just listed). Answers true when every error found its field, so that nothing is left to show.
 */
export const showAtFields = <T extends FieldValues>(
  form: UseFormReturn<T>,
  problem: Problem | null,
  fields: Readonly<Record<string, Path<T>>>,
): boolean => {
  if (!problem || problem.errors.length === 0) return false;
  let first = true;
  let complete = true;
  for (const error of problem.errors) {
    const at = Object.keys(fields).find((path) => error.path === path || error.path.startsWith(`${path}.`));
    const field = at === undefined ? undefined : fields[at];
    if (field === undefined) {
      complete = false;
      continue;
    }
    form.setError(field, { type: "server", message: error.message }, { shouldFocus: first });
    first = false;
  }
  return complete;
};

/** An empty text is no value. */
export const orNull = (text: string): string | null => (text.trim() === "" ? null : text.trim());
