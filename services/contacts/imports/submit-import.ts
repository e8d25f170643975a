// Turns a stored upload into an import that runs. What can be known to be wrong is refused here, before the 202; a file
// that cannot be read at all becomes an import that fails with its reason.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import { type FieldError, fail } from "../../../shared/contracts/errors.ts";
import type { imports } from "../../../shared/contracts/imports.ts";
import type { Trx } from "../../../shared/db/knex.ts";
import { enqueue } from "../../../shared/jobs/enqueue.ts";
import { isPhoneCountry } from "../../../shared/lib/phone.ts";
import { includes, type Scope } from "../../../shared/lib/scope.ts";
import { communityExists } from "../communities/store.ts";
import { readHead } from "./csv-head.ts";
import { FileProblem } from "./file-problem.ts";
import { importNotFound, readImport } from "./get-import.ts";
import { headerErrors, mappingErrors } from "./mapping.ts";
import { rememberFile } from "./remembered/remember-file.ts";
import { type ImportView, lockStatus, queueImport } from "./store.ts";
import { readBeginning } from "./upload/read-file.ts";

type Params = z.output<typeof imports.actions.submit.params>;

/** Bytes in which the header is looked for. */
const HEAD = 1_100_000;

const findErrors = async (trx: Trx, { mapping, options }: Params, scope: Scope): Promise<FieldError[]> => {
  const errors = mappingErrors(mapping);
  if (options.country !== undefined && !isPhoneCountry(options.country))
    errors.push({
      path: "options.country",
      message: `found ${JSON.stringify(options.country)}; expected a two-letter country code such as US`,
    });
  if (options.communityId === undefined && scope !== undefined)
    errors.push({
      path: "options.communityId",
      message: "is missing; you see several communities, so say which one new people belong to",
    });
  if (
    options.communityId !== undefined &&
    !(includes(scope, options.communityId) && (await communityExists(trx, options.communityId)))
  )
    errors.push({
      path: "options.communityId",
      message: "found an id that no community has; expected one of GET /communities",
    });
  return errors;
};

/** New people of somebody who sees one community belong there. */
const atHome = (params: Params, scope: Scope): Params => {
  const [only, ...others] = scope?.communities ?? [];
  if (params.options.communityId !== undefined || only === undefined || others.length > 0) return params;
  return { ...params, options: { ...params.options, communityId: only } };
};

/** The beginning of the file and its headers; undefined when it cannot be read, which the import itself will say. */
const headOf = async (trx: Trx, { id, options }: Params) => {
  try {
    const head = await readBeginning(trx, id, HEAD);
    return { head, headers: (await readHead(head, options)).headers };
  } catch (error) {
    if (error instanceof FileProblem) return undefined;
    throw error;
  }
};

/**
 * Queues the import and its job in one transaction. Submitting an upload again answers the import as it is.
 * Throws VALIDATION_FAILED with paths such as `mapping.Email`, or IMPORT_NOT_FOUND.
 */
export const submitImport = (deps: Deps, given: Params): Promise<ImportView> =>
  deps.db.transaction(async (trx) => {
    const params = atHome(given, deps.scope);
    const status = await lockStatus(trx, params.id, deps.scope);
    if (status === undefined) throw importNotFound(params.id);
    if (status === "uploading") {
      const errors = await findErrors(trx, params, deps.scope);
      const file = errors.length > 0 ? undefined : await headOf(trx, params);
      if (file) errors.push(...headerErrors(params.mapping, file.headers));
      if (errors.length > 0)
        throw fail("VALIDATION_FAILED", errors.map((e) => `${e.path}: ${e.message}`).join(". "), { errors });
      await queueImport(trx, params.id, params);
      if (file) await rememberFile(trx, { importId: params.id, ...params, ...file });
      await enqueue(
        trx,
        "contacts.import",
        { importId: params.id },
        { uniqueKey: params.id, entity: `import:${params.id}` },
      );
    }
    return readImport(trx, params.id, deps.scope);
  });
