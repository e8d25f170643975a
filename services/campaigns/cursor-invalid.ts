// The one error of a list's cursor.
import { fail } from "../../shared/contracts/errors.ts";

export const cursorInvalid = () =>
  fail("CURSOR_INVALID", "The cursor is not one that this list gave out. Start again without it.", {
    errors: [{ path: "cursor", message: "is not a cursor of this list" }],
  });
