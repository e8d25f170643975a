// Asks before a bulk act: the exact number, what it needs, and for what cannot be taken back the number once more by hand.
import { Button, Group, Modal, NativeSelect, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import type { BulkAct, BulkVerb } from "../../../../shared/contracts/bulk.ts";
import type { ContactFilter } from "../../../../shared/contracts/contact-filter.ts";
import { ProblemNote } from "../../parts/note.tsx";
import { useRead, useWrite } from "../../query.ts";
import { count, counted } from "../../words.ts";
import { BulkFollow, BulkProgress } from "./bulk-progress.tsx";
import { actWords } from "./bulk-words.ts";

export type Which = { readonly ids: string[] } | { readonly filter: ContactFilter };

interface AskProps {
  readonly act: BulkVerb;
  readonly which: Which;
  readonly onClose: () => void;
  readonly onStarted: (act: BulkAct) => void;
}

const Ask = ({ act, which, onClose, onStarted }: AskProps) => {
  const words = actWords[act];
  const counting = useRead("bulk.count", which);
  const tags = useRead("tags.list", { limit: 1000 }, { enabled: act === "tag" || act === "untag" });
  const communities = useRead("communities.list", { limit: 1000 }, { enabled: act === "setCommunity" });
  const [tag, setTag] = useState("");
  const [communityId, setCommunityId] = useState("");
  const [channel, setChannel] = useState<"email" | "sms" | "call">("email");
  const [typed, setTyped] = useState("");
  const start = useWrite("bulk.start", { touches: ["bulk.list", "bulk.count"], done: onStarted });
  const expected = counting.data?.count;
  const ready =
    expected !== undefined &&
    expected > 0 &&
    !counting.isFetching &&
    ((act !== "tag" && act !== "untag") || tag.trim() !== "") &&
    (act !== "setCommunity" || communityId !== "") &&
    (act !== "remove" || typed.replace(/\D/g, "") === String(expected));
  const go = () => {
    if (!ready) return;
    start.mutate({
      ...which,
      act,
      expected,
      ...(act === "tag" || act === "untag" ? { tag: tag.trim() } : {}),
      ...(act === "setCommunity" ? { communityId } : {}),
      ...(act === "suppress" ? { channel } : {}),
    });
  };
  return (
    <Stack gap="md">
      {counting.isError ? (
        <ProblemNote problem={counting.error} retry={() => void counting.refetch()} />
      ) : expected === undefined ? (
        <Skeleton height={24} />
      ) : (
        <Text aria-live="polite">
          Exactly <strong>{counted(expected, "contact")}</strong>, as of now. Whoever comes later is not in it.
        </Text>
      )}
      {words.note && (
        <Text fz="sm" c="dimmed">
          {words.note}
        </Text>
      )}
      {(act === "tag" || act === "untag") && (
        <>
          <TextInput
            label="Tag"
            list="bulk-tags"
            maxLength={100}
            data-autofocus
            value={tag}
            onChange={(event) => setTag(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter") go();
            }}
          />
          <datalist id="bulk-tags">
            {tags.data?.data.map(({ id, name }) => (
              <option key={id} value={name} />
            ))}
          </datalist>
        </>
      )}
      {act === "setCommunity" && (
        <NativeSelect
          label="Community"
          value={communityId}
          data-autofocus
          onChange={(event) => setCommunityId(event.currentTarget.value)}
        >
          <option value="">Choose one</option>
          {communities.data?.data.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </NativeSelect>
      )}
      {act === "suppress" && (
        <NativeSelect
          label="On which channel"
          value={channel}
          data-autofocus
          onChange={(event) => setChannel(event.currentTarget.value as typeof channel)}
        >
          <option value="email">Email</option>
          <option value="sms">SMS</option>
          <option value="call">Calls</option>
        </NativeSelect>
      )}
      {act === "remove" && expected !== undefined && (
        <TextInput
          label={`Type ${count(expected)} to confirm`}
          inputMode="numeric"
          data-autofocus
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      )}
      {start.error && <ProblemNote problem={start.error} />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          Leave it
        </Button>
        {start.error?.code === "BULK_COUNT_CHANGED" ? (
          <Button
            onClick={() => {
              start.reset();
              setTyped("");
              void counting.refetch();
            }}
          >
            Show the new number
          </Button>
        ) : (
          <Button
            {...(words.danger ? { color: "red.8" } : {})}
            disabled={!ready}
            loading={start.isPending}
            onClick={go}
          >
            {words.long(expected === undefined ? "…" : counted(expected, "contact"))}
          </Button>
        )}
      </Group>
    </Stack>
  );
};

export interface BulkDialogProps {
  /** The act to ask about; undefined keeps the dialog shut. */
  readonly asked: { readonly act: BulkVerb; readonly which: Which } | undefined;
  readonly onClose: () => void;
  /** Called when the act has begun. */
  readonly onStarted: () => void;
}

/** The question before a bulk act, and its progress after. */
export const BulkDialog = ({ asked, onClose, onStarted }: BulkDialogProps) => {
  const [started, setStarted] = useState<BulkAct>();
  const [left, setLeft] = useState<readonly BulkAct[]>([]);
  const close = () => {
    if (started) setLeft([...left, started]);
    setStarted(undefined);
    onClose();
  };
  return (
    <>
      {left.map((act) => (
        <BulkFollow key={act.id} act={act} />
      ))}
      <Modal
        opened={asked !== undefined}
        onClose={close}
        title={asked ? (actWords[asked.act].short === "Tag" ? "Add a tag" : actWords[asked.act].short) : ""}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {asked &&
          (started ? (
            <Stack gap="md">
              <BulkProgress act={started} />
              <Text fz="sm" c="dimmed">
                It carries on when you close this; “Bulk actions” above the list shows it again.
              </Text>
              <Group justify="flex-end">
                <Button variant="default" onClick={close}>
                  Close
                </Button>
              </Group>
            </Stack>
          ) : (
            <Ask
              act={asked.act}
              which={asked.which}
              onClose={close}
              onStarted={(act) => {
                setStarted(act);
                onStarted();
              }}
            />
          ))}
      </Modal>
    </>
  );
};
