// Choosing the file: by button, or by dropping it here.
import { Button, FileButton, Text } from "@mantine/core";
import { useState } from "react";
import { Icon } from "../../parts/icon.tsx";
import { size } from "../../words.ts";
import css from "./imports.module.css";

export interface ChooseFileProps {
  readonly chosen: File | undefined;
  readonly onChoose: (file: File) => Promise<void>;
}

/** The first step of an import. */
export const ChooseFile = ({ chosen, onChoose }: ChooseFileProps) => {
  const [over, setOver] = useState(false);
  const [reading, setReading] = useState(false);
  const take = (file: File | null | undefined) => {
    if (!file) return;
    setReading(true);
    void onChoose(file).finally(() => setReading(false));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is an extra for the mouse; the button inside does the same by keyboard.
    <div
      className={css["drop"]}
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer.files[0]);
      }}
    >
      <span className={css["dropIcon"]}>
        <Icon name="file" size={26} />
      </span>
      <Text fw={500}>{chosen ? `${chosen.name} (${size(chosen.size)})` : "A CSV file with one contact a line"}</Text>
      <Text fz="sm" c="dimmed" ta="center" maw={440}>
        Its first line names the columns. Comma, semicolon or tab, UTF-8, UTF-16 or Windows: it is recognised.
      </Text>
      <FileButton onChange={take} accept=".csv,.tsv,.txt,text/csv,text/plain" inputProps={{ "aria-label": "CSV file" }}>
        {(props) => (
          <Button {...props} loading={reading} mt="xs">
            {chosen ? "Choose another file" : "Choose a file"}
          </Button>
        )}
      </FileButton>
    </div>
  );
};
