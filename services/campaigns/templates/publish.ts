// Publishing freezes a draft as a version that never changes; a version can become the draft again.
import type { Deps } from "../../../shared/broker/deps.ts";
import { cursorInvalid, fail } from "../../../shared/contracts/errors.ts";
import { decodeCursor, encodeCursor } from "../../../shared/lib/cursor.ts";
import { draftOf } from "./draft.ts";
import { versionConflict } from "./edit.ts";
import { type Attributes, lintDraft } from "./preview.ts";
import {
  findTemplate,
  findVersion,
  freezeVersion,
  isPublishedAsIs,
  listVersions,
  updateTemplate,
  type VersionRow,
} from "./store.ts";

interface Guarded {
  readonly id: string;
  /** The draft's version that the caller has seen. */
  readonly version?: number | undefined;
}

/**
 * Freezes the draft as a version; one that says what the published version says stays as it is. Throws
 * TEMPLATE_NOT_FOUND, VERSION_CONFLICT, and TEMPLATE_INVALID with the place of each mistake.
 */
export const publishTemplate = async (deps: Deps, { id, version }: Guarded, attributes: Attributes): Promise<void> => {
  // Compiled before the transaction begins: an open one blocks others.
  const seen = await findTemplate(deps.db, id);
  if (version !== undefined && version !== seen.version) throw versionConflict(seen.version, version);
  const { findings } = await lintDraft(await draftOf(seen), attributes);
  const errors = findings
    .filter(({ severity }) => severity === "error")
    .map(({ path, line, message }) => ({ path, message: line === null ? message : `line ${line}: ${message}` }));
  if (errors.length > 0)
    throw fail("TEMPLATE_INVALID", errors.map((e) => `${e.path}: ${e.message}`).join(" "), { errors });
  await deps.db.transaction(async (trx) => {
    const template = await findTemplate(trx, id, true);
    if (template.version !== seen.version) throw versionConflict(template.version, seen.version);
    if (!(await isPublishedAsIs(trx, id))) await freezeVersion(trx, template);
  });
};

/** Makes a published version the draft again. Throws what findVersion throws, and VERSION_CONFLICT. */
export const restoreVersion = async (
  deps: Deps,
  { id, number, version }: Guarded & { readonly number: number },
): Promise<void> => {
  const { format, subject, html, mjml, text } = await findVersion(deps.db, id, number);
  if (await updateTemplate(deps.db, id, { format, subject, html, mjml, text }, version)) return;
  throw versionConflict((await findTemplate(deps.db, id)).version, version);
};

const shown = ({ number, format, subject, published_at, current }: VersionRow) => ({
  number,
  format,
  subject,
  publishedAt: published_at.toISOString(),
  current,
});

/** Published versions, newest first. Throws TEMPLATE_NOT_FOUND, CURSOR_INVALID. */
export const listVersionPage = async (
  deps: Deps,
  { id, limit, cursor }: { readonly id: string; readonly limit: number; readonly cursor?: string | undefined },
) => {
  const [before] = cursor === undefined ? [] : (decodeCursor(cursor, 1) ?? [null]);
  if (before === null || (before !== undefined && !Number.isSafeInteger(before))) throw cursorInvalid();
  await findTemplate(deps.db, id);
  const rows = await listVersions(deps.db, id, before as number | undefined, limit + 1);
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data: data.map(shown), nextCursor: rows.length > limit && last ? encodeCursor([last.number]) : null };
};

/** One published version with its content. Throws TEMPLATE_NOT_FOUND, TEMPLATE_VERSION_NOT_FOUND. */
export const showVersion = async (deps: Deps, { id, number }: { readonly id: string; readonly number: number }) => {
  const row = await findVersion(deps.db, id, number);
  return { ...shown(row), html: row.html, mjml: row.mjml, text: row.text };
};
