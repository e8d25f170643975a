// A bulk act while it runs and when it is over: how far, what became of it, its file, and a way to stop it.

import { Button, Group, Progress, Stack, Text } from "@mantine/core";
import { useEffect } from "react";
import type { BulkAct } from "../../../../shared/contracts/bulk.ts";
import { apiAddress } from "../../api-address.ts";
import { apiRoutes } from "../../api-routes.ts";
import { Icon } from "../../parts/icon.tsx";
import { useMay } from "../../parts/may.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { refresh, useRead, useWrite } from "../../query.ts";
import { count, share, size } from "../../words.ts";
import { actTitle, handled, isOver, outcomeWords } from "./bulk-words.ts";

const every = 700;

const ends: Readonly<Record<string, string>> = {
  completed: "Done",
  cancelled: "Stopped",
  failed: "Ended by an error on our side",
};

/** What an act changed is read again when it is over. */
const touched = ["contacts", "segments", "tags", "communities", "consent", "bulk.list"];

/** An act as it is now, and the read that says so; when it ends, what it changed is read again. */
const useAct = (given: BulkAct) => {
  const live = useRead("bulk.get", { id: given.id }, { enabled: !isOver(given), every: isOver(given) ? false : every });
  const act = live.data ?? given;
  const over = isOver(act);
  useEffect(() => {
    if (over && !isOver(given)) void refresh(touched);
  }, [over, given]);
  return { act, over, live };
};

/** Follows an act whose dialog was closed, so that the list is right when it ends. */
export const BulkFollow = ({ act }: { readonly act: BulkAct }) => {
  useAct(act);
  return null;
};

/** One act, followed until it is over. */
export const BulkProgress = ({ act: given }: { readonly act: BulkAct }) => {
  const { act, over, live } = useAct(given);
  const may = useMay();
  const cancel = useWrite("bulk.cancel", { touches: ["bulk"] });
  return (
    <Stack gap={6}>
      <Text fw={600} fz="sm">
        {actTitle(act)}
      </Text>
      {over ? (
        <Text fz="sm" role="status">
          {ends[act.status] ?? act.status}: {outcomeWords(act)}.
        </Text>
      ) : (
        <>
          <Progress
            value={act.total === 0 ? 100 : (100 * handled(act)) / act.total}
            aria-label={`Progress of: ${actTitle(act)}`}
          />
          <Group justify="space-between" gap="xs">
            <Text fz="sm" c="dimmed" className="lc-numbers">
              {count(handled(act))} of {count(act.total)}, {share(handled(act), act.total)}
            </Text>
            {may("bulk.cancel") && (
              <Button
                variant="default"
                size="compact-sm"
                loading={cancel.isPending}
                onClick={() => cancel.mutate({ id: act.id })}
              >
                Stop
              </Button>
            )}
          </Group>
        </>
      )}
      {live.isError && <ProblemNote problem={live.error} retry={() => void live.refetch()} />}
      {cancel.error && <ProblemNote problem={cancel.error} />}
      {act.hasFile && may("bulk.file") && (
        <Button
          component="a"
          href={apiAddress(apiRoutes["bulk.file"].path.replace(":id", act.id))}
          download
          variant="default"
          w="fit-content"
          leftSection={<Icon name="download" size={16} />}
        >
          Fetch the file{act.bytes === null ? "" : `, ${size(act.bytes)}`}
        </Button>
      )}
    </Stack>
  );
};
