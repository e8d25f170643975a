// Undoing an import: first what would become of whom, then, once a person wants it, what came of it.
import { Skeleton, Text } from "@mantine/core";
import { Confirm } from "../../parts/confirm.tsx";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { useRead, useWrite } from "../../query.ts";
import { counted } from "../../words.ts";
import type { Import } from "./words.ts";

type Counts = NonNullable<Import["undo"]>;

/** What becomes of the contacts, one line each; lines of nobody are left out. */
const Lines = ({ counts, past }: { readonly counts: Counts; readonly past: boolean }) => {
  const { removed, kept, restored, partly } = counts;
  const lines = [
    [removed, past ? "were removed" : "that it brought will be removed"],
    [restored, past ? "are as they were before" : "that it changed will be as they were before"],
    [partly, "keep what was changed since, or what belongs to another contact by now"],
    [kept.messaged, past ? "stayed: a message went to them" : "will stay: a message went to them"],
    [kept.consented, past ? "stayed: they said yes or no themselves" : "will stay: they said yes or no themselves"],
    [kept.edited, past ? "stayed: they were changed since" : "will stay: they were changed since"],
  ] as const;
  const shown = lines.filter(([number]) => number > 0);
  if (shown.length === 0)
    return (
      <div>{past ? "Nothing was left to undo." : "Nothing is left to undo: the import changes nobody any more."}</div>
    );
  return (
    <ul style={{ margin: 0, paddingInlineStart: 20 }}>
      {shown.map(([number, words]) => (
        <li key={words}>
          <b>{counted(number, "contact")}</b> {words}
        </li>
      ))}
    </ul>
  );
};

/** The question, with the numbers of this moment. */
export const UndoImport = ({
  entry,
  opened,
  onClose,
}: {
  readonly entry: Import;
  readonly opened: boolean;
  readonly onClose: () => void;
}) => {
  const preview = useRead("imports.previewUndo", { id: entry.id }, { enabled: opened });
  const undo = useWrite("imports.undo", { touches: ["imports", "contacts"], done: onClose });
  return (
    <Confirm
      opened={opened}
      title="Undo this import?"
      act="Undo the import"
      danger
      pending={undo.isPending || preview.isPending}
      problem={undo.error}
      onConfirm={() => undo.mutate({ id: entry.id })}
      onClose={onClose}
    >
      {preview.isError ? (
        <ProblemNote problem={preview.error} retry={() => void preview.refetch()} />
      ) : preview.data ? (
        <>
          <Lines counts={preview.data} past={false} />
          <Text fz="sm" mt="sm">
            Tags and consent that came with the file are taken back, too. This cannot be reversed; the file can be
            imported again.
          </Text>
        </>
      ) : (
        <Skeleton height={60} role="status" aria-label="Counting what would be undone" />
      )}
    </Confirm>
  );
};

/** What undoing has done so far, or did. */
export const UndoResult = ({ entry }: { readonly entry: Import }) =>
  entry.undo && (
    <Note
      tone="info"
      role="status"
      title={entry.status === "undone" ? "This import was undone" : "This import is being undone"}
    >
      <Lines counts={entry.undo} past />
    </Note>
  );
