// The first rows as they will be taken in, with what is probably wrong in a cell or a row.
import { Stack } from "@mantine/core";
import { Note } from "../../parts/note.tsx";
import { counted } from "../../words.ts";
import { fieldName } from "../segments/rule.ts";
import { cellError, type Mapping, rowError } from "./check-row.ts";
import css from "./imports.module.css";
import type { Source } from "./new-import.tsx";

/** Sample with errors. */
export const CheckSample = ({ source, mapping }: { readonly source: Source; readonly mapping: Mapping }) => {
  const columns = source.headers
    .map((header, index) => ({ header, index, target: mapping[header] ?? "" }))
    .filter(({ target }) => target !== "");
  const rows = source.sample.slice(0, 20).map((cells) => ({
    cells,
    missing: rowError(source.headers, cells, mapping),
    errors: columns.map(({ index, target }) => cellError(target, cells[index] ?? "")),
  }));
  const bad = rows.filter((row) => row.missing !== undefined || row.errors.some((error) => error !== undefined)).length;
  return (
    <Stack gap="md">
      {bad === 0 ? (
        <Note tone="good" title={`The first ${counted(rows.length, "row")} look right`}>
          Every row is checked again while it is taken in; those that are refused can be downloaded with their reasons.
        </Note>
      ) : (
        <Note
          tone="warn"
          title={`${bad} of the first ${counted(rows.length, "row")} would be refused or lack something`}
        >
          Correct the columns or the file, or go on: refused rows do not stop the others and can be downloaded
          afterwards.
        </Note>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <section className={css["scroll"]} aria-label="First rows as they will be taken in" tabIndex={0}>
        <table className={css["sheet"]}>
          <thead>
            <tr>
              <th scope="col">Row</th>
              {columns.map(({ index, target }) => (
                <th key={index} scope="col">
                  {fieldName(target)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, rowIndex) => (
              // Rows of a file are their position.
              <tr key={rowIndex} data-bad={row.missing !== undefined || undefined}>
                <td>
                  {rowIndex + 2}
                  {row.missing && <small className={css["wrong"]}>{row.missing}</small>}
                </td>
                {columns.map(({ index }, at) => (
                  <td key={index} data-bad={row.errors[at] !== undefined || undefined}>
                    {row.cells[index]}
                    {row.errors[at] && <small className={css["wrong"]}>{row.errors[at]}</small>}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Stack>
  );
};
