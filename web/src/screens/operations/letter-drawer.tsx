// One dead letter: why it died, what is in it (masked until asked for), its other deaths, and what can be done.
import { Button, Drawer, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import type { ApiResult } from "../../api.ts";
import { useMay } from "../../parts/may.tsx";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { Facts } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead, useWrite } from "../../query.ts";
import { moment } from "../../words.ts";
import css from "./dead-letters.module.css";
import { letterName, letterStateWords } from "./letter-words.ts";

type Shown = ApiResult<"deadLetters.get">;
const touches = ["deadLetters"];

/** The content as far as it is known: masked, or as it is. */
const Content = ({ letter, admin }: { readonly letter: Shown; readonly admin: boolean }) => {
  const [fields, setFields] = useState<Readonly<Record<string, string>>>();
  const reveal = useWrite("deadLetters.reveal", { touches: [], done: (result) => setFields(result.fields) });
  return (
    <Stack gap={6}>
      <Group justify="space-between">
        <Title order={3}>What is in it</Title>
        {admin && (
          <Button
            size="compact-sm"
            variant="default"
            loading={reveal.isPending}
            onClick={() => (fields ? setFields(undefined) : reveal.mutate({ id: letter.id }))}
          >
            {fields ? "Hide the values" : "Show the values"}
          </Button>
        )}
      </Group>
      {reveal.error && <ProblemNote problem={reveal.error} />}
      <pre className={css["content"]}>
        {fields
          ? Object.entries(fields)
              .map(([name, value]) => `${name}: ${value}`)
              .join("\n")
          : JSON.stringify(letter.masked, null, 2)}
      </pre>
      <Text fz="sm" c="dimmed">
        {fields
          ? "You looked at it; the audit log says so."
          : `Values are hidden, because they may be about people. ${admin ? "Looking at them is written to the audit log." : "An owner can look at them."}`}
      </Text>
    </Stack>
  );
};

const Acts = ({ letter }: { readonly letter: Shown }) => {
  const replay = useWrite("deadLetters.replay", { touches });
  const drop = useWrite("deadLetters.drop", { touches });
  const problem = replay.error ?? drop.error;
  return (
    <Stack gap="xs">
      {problem && <ProblemNote problem={problem} />}
      {letter.eventId === null && (
        <Note tone="warn" title="It cannot be replayed">
          It could not be read, and would be as unreadable again.
        </Note>
      )}
      <Group gap="xs">
        {letter.eventId !== null && (
          <Button loading={replay.isPending} onClick={() => replay.mutate({ id: letter.id })}>
            Replay
          </Button>
        )}
        <Button variant="default" loading={drop.isPending} onClick={() => drop.mutate({ id: letter.id })}>
          Drop
        </Button>
      </Group>
      <Text fz="sm" c="dimmed">
        A replay gives it to {letter.group} once more, with all its tries. Dropped, nothing more is done with it.
      </Text>
    </Stack>
  );
};

const Inside = ({ letter, admin }: { readonly letter: Shown; readonly admin: boolean }) => (
  <Stack gap="lg">
    <Status word={letterStateWords[letter.state]} />
    <Stack gap={6}>
      <Title order={3}>Why it died</Title>
      <pre className={css["content"]}>{letter.error}</pre>
    </Stack>
    {admin && letter.state === "dead" && <Acts letter={letter} />}
    <Facts
      facts={[
        { name: "Could not be handled by", value: letter.group },
        { name: "Tries", value: String(letter.attempts) },
        { name: "Died", value: moment(letter.diedAt) },
        { name: "Decided", value: letter.settledAt && moment(letter.settledAt) },
        { name: "Event id", value: letter.eventId && <span className="lc-mono">{letter.eventId}</span> },
        { name: "Came from", value: <span className="lc-mono">{`${letter.stream} ${letter.entryId}`}</span> },
      ].filter((fact) => fact.value)}
    />
    <Content letter={letter} admin={admin} />
    {letter.otherDeaths.length > 0 && (
      <Stack gap={6}>
        <Title order={3}>Its other deaths</Title>
        <ul className={`lc-plain-list ${css["deaths"]}`}>
          {letter.otherDeaths.map((death) => (
            <li key={death.id}>
              <span>
                {moment(death.diedAt)}, {letterStateWords[death.state].label}
              </span>
              <span>{death.error}</span>
            </li>
          ))}
        </ul>
      </Stack>
    )}
  </Stack>
);

/** Drawer of the letter with this id; closed without one. */
export const LetterDrawer = ({ id, onClose }: { readonly id: string | undefined; readonly onClose: () => void }) => {
  const may = useMay();
  const letter = useRead("deadLetters.get", { id: id ?? "" }, { enabled: id !== undefined });
  return (
    <Drawer
      opened={id !== undefined}
      onClose={onClose}
      title={letter.data ? letterName(letter.data) : "Dead letter"}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {letter.isPending && <Skeleton height={200} role="status" aria-label="Loading the dead letter" />}
      {letter.isError && <ProblemNote problem={letter.error} retry={() => void letter.refetch()} />}
      {letter.data && <Inside key={letter.data.id} letter={letter.data} admin={may("deadLetters.replay")} />}
    </Drawer>
  );
};
