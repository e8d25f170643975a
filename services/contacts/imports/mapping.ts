// Which column of a file goes into which field. Checked before the import starts, as far as the header can be read.
import type { FieldError } from "../../../shared/contracts/errors.ts";

/** The built-in fields that a file can fill, in the order in which a picker shows them. */
export const targetFields = [
  "email",
  "phone",
  "firstName",
  "lastName",
  "orgName",
  "kind",
  "community",
  "tags",
  "externalId",
  "timezone",
  "stage",
] as const;
export type TargetField = (typeof targetFields)[number];

export interface MappedColumn {
  readonly index: number;
  readonly header: string;
  /** A built-in field, or the attribute `key`. */
  readonly field: TargetField | "attrs";
  readonly key: string;
}

const attribute = /^attrs\.([\w-]{1,64})$/;
const pathOf = (header: string) => `mapping.${header}`;
const normal = (header: string) => header.trim().normalize("NFC");

/** What is wrong with a mapping by itself: unknown fields, two columns for one field, nothing that tells people apart. */
export const mappingErrors = (mapping: Readonly<Record<string, string>>): FieldError[] => {
  const errors: FieldError[] = [];
  const taken = new Map<string, string>();
  for (const [header, target] of Object.entries(mapping)) {
    const known = (targetFields as readonly string[]).includes(target) || attribute.test(target);
    const other = taken.get(target);
    if (!known)
      errors.push({
        path: pathOf(header),
        message: `found the field ${JSON.stringify(target)}; expected one of ${targetFields.join(", ")} or attrs.<name>`,
      });
    else if (other !== undefined)
      errors.push({
        path: pathOf(header),
        message: `${target} is already filled from the column ${JSON.stringify(other)}`,
      });
    taken.set(target, header);
  }
  if (errors.length === 0 && !["email", "phone", "externalId"].some((field) => taken.has(field)))
    errors.push({
      path: "mapping",
      message: "maps no column to email, phone or externalId; expected at least one of them",
    });
  return errors;
};

/** What is wrong with a mapping for a file with these headers: columns that are missing, or there twice. */
export const headerErrors = (mapping: Readonly<Record<string, string>>, headers: readonly string[]): FieldError[] =>
  Object.keys(mapping).flatMap((header) => {
    const count = headers.filter((one) => one === normal(header)).length;
    if (count === 1) return [];
    if (count > 1)
      return [
        {
          path: pathOf(header),
          message: `the file has ${count} columns named ${JSON.stringify(header)}; expected one. Rename them in the file`,
        },
      ];
    const shown = headers
      .slice(0, 20)
      .map((one) => JSON.stringify(one))
      .join(", ");
    return [
      {
        path: pathOf(header),
        message: `the file has no column of this name; found ${shown}${headers.length > 20 ? ", …" : ""}`,
      },
    ];
  });

/** The mapped columns in the order of the file. Call it with a mapping without errors. */
export const mappedColumns = (
  mapping: Readonly<Record<string, string>>,
  headers: readonly string[],
): MappedColumn[] => {
  const targets = new Map(Object.entries(mapping).map(([header, target]) => [normal(header), target]));
  return headers.flatMap((header, index) => {
    const target = targets.get(header);
    if (target === undefined) return [];
    const key = attribute.exec(target)?.[1];
    return [{ index, header, field: key === undefined ? (target as TargetField) : ("attrs" as const), key: key ?? "" }];
  });
};
