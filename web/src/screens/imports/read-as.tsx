// How the file is read: what was recognised can be corrected, and the rows below show at once whether it is right.
import { Group, NativeSelect, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { Note } from "../../parts/note.tsx";
import css from "./imports.module.css";
import type { Source } from "./new-import.tsx";
import { type Delimiter, type Encoding, readTable } from "./read-head.ts";

const shown = 6;

/** Encoding and delimiter with the first rows. */
export const ReadAs = ({
  source,
  onChange,
}: {
  readonly source: Source;
  readonly onChange: (source: Source) => void;
}) => {
  const [failed, setFailed] = useState<string>();
  const readAs = (encoding: Encoding, delimiter: Delimiter) => {
    try {
      setFailed(undefined);
      onChange({ ...source, encoding, delimiter, ...readTable(source.head, encoding, delimiter) });
    } catch (error) {
      setFailed(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Stack gap="md">
      <Group gap="md">
        <NativeSelect
          label="Encoding"
          value={source.encoding}
          onChange={(event) => readAs(event.currentTarget.value as Encoding, source.delimiter)}
        >
          <option value="utf-8">UTF-8</option>
          <option value="utf-16le">UTF-16 (little endian)</option>
          <option value="utf-16be">UTF-16 (big endian)</option>
          <option value="windows-1252">Windows-1252 (Western)</option>
        </NativeSelect>
        <NativeSelect
          label="Columns are separated by"
          value={source.delimiter}
          onChange={(event) => readAs(source.encoding, event.currentTarget.value as Delimiter)}
        >
          <option value=",">Comma</option>
          <option value=";">Semicolon</option>
          <option value={"\t"}>Tab</option>
        </NativeSelect>
      </Group>
      {failed && (
        <Note tone="warn" title="The file cannot be read that way" role="alert">
          {failed}
        </Note>
      )}
      <Text fz="sm" c="dimmed">
        {source.headers.length} {source.headers.length === 1 ? "column" : "columns"}. Names, umlauts and accents should
        look right here.
      </Text>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <section className={css["scroll"]} aria-label="First rows of the file" tabIndex={0}>
        <table className={css["sheet"]}>
          <thead>
            <tr>
              {source.headers.map((header, index) => (
                // Columns have no other identity; headers may repeat.
                <th key={index} scope="col">
                  {header || `column ${index + 1}`}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {source.sample.slice(0, shown).map((row, rowIndex) => (
              // Rows of a file are their position.
              <tr key={rowIndex}>
                {source.headers.map((_, index) => (
                  <td key={index}>{row[index]}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Stack>
  );
};
