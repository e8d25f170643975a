// Reads imports: one, or a page of them.
import type { Deps } from "../../../shared/broker/deps.ts";
import { type CatalogueError, fail } from "../../../shared/contracts/errors.ts";
import { idOfCursor, pageById } from "../../../shared/db/id-page.ts";
import type { Sql } from "../../../shared/db/knex.ts";
import type { Scope } from "../../../shared/lib/scope.ts";
import { findImport, type ImportView, listImports as rowsOf } from "./store.ts";

/** The error for an id that no import has. */
export const importNotFound = (id: string): CatalogueError => fail("IMPORT_NOT_FOUND", `No import has the id ${id}.`);

/** The import as seen by a connection or transaction. Throws IMPORT_NOT_FOUND. */
export const readImport = async (sql: Sql, id: string, scope: Scope): Promise<ImportView> => {
  const found = await findImport(sql, id, scope);
  if (!found) throw importNotFound(id);
  return found;
};

/** The import with its counts. Throws IMPORT_NOT_FOUND. */
export const getImport = (deps: Deps, { id }: { readonly id: string }): Promise<ImportView> =>
  readImport(deps.db, id, deps.scope);

/** A page of imports, newest first. */
export const listImports = async (
  deps: Deps,
  params: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ data: ImportView[]; nextCursor: string | null }> =>
  pageById(
    await rowsOf(deps.db, { limit: params.limit + 1, before: idOfCursor(params.cursor), scope: deps.scope }),
    params.limit,
  );
