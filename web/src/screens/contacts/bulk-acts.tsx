// The bulk acts so far, newest first: what runs, what became of the others, and the files of exports.
import { Drawer, Skeleton, Stack, Text } from "@mantine/core";
import { useMay } from "../../parts/may.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { useRead } from "../../query.ts";
import { shortMoment } from "../../words.ts";
import { BulkProgress } from "./bulk-progress.tsx";
import css from "./contacts.module.css";

export interface BulkActsProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

const Acts = () => {
  const may = useMay();
  const acts = useRead("bulk.list", { limit: 50 });
  if (acts.isError) return <ProblemNote problem={acts.error} retry={() => void acts.refetch()} />;
  if (!acts.data) return <Skeleton height={160} />;
  if (acts.data.data.length === 0)
    return (
      <Text c="dimmed" fz="sm">
        None so far.{may("bulk.start") && " Choose contacts in the list; what can be done with them stands below it."}
      </Text>
    );
  return (
    <ul className={`lc-plain-list ${css["lines"]}`}>
      {acts.data.data.map((act) => (
        <li key={act.id}>
          <Stack gap={2}>
            <Text fz="xs" c="dimmed">
              {shortMoment(act.createdAt)}
            </Text>
            <BulkProgress act={act} />
          </Stack>
        </li>
      ))}
    </ul>
  );
};

/** The drawer with the acts. */
export const BulkActs = ({ opened, onClose }: BulkActsProps) => (
  <Drawer
    opened={opened}
    onClose={onClose}
    position="right"
    title="Bulk actions"
    closeButtonProps={{ "aria-label": "Close" }}
  >
    {opened && <Acts />}
  </Drawer>
);
