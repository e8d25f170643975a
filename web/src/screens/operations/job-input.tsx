// The input of a job: its shape for everybody, its values when an administrator asks for them (which the audit log keeps),
// and a field to mend it for another run.
import { Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import type { Problem } from "../../problem.ts";
import { useWrite } from "../../query.ts";
import { CodeBlock } from "./code-block.tsx";
import type { JobDetail } from "./job-words.ts";
import css from "./jobs.module.css";

const asText = (value: unknown): string => JSON.stringify(value, null, 2);

type Read = { readonly input: Record<string, unknown> } | { readonly wrong: string };
const readJson = (text: string): Read => {
  try {
    const input: unknown = JSON.parse(text);
    if (typeof input !== "object" || input === null || Array.isArray(input))
      return { wrong: "An input is an object: it begins with { and ends with }." };
    return { input: input as Record<string, unknown> };
  } catch (error) {
    return { wrong: `This is not JSON: ${(error as Error).message}` };
  }
};

/** Places and messages of a refused input, without the word `input` that every path begins with. */
const Refused = ({ problem }: { readonly problem: Problem }) => {
  if (problem.code !== "VALIDATION_FAILED" || problem.errors.length === 0) return <ProblemNote problem={problem} />;
  return (
    <Note tone="bad" role="alert" title="The input does not fit this type of job. Nothing was changed.">
      <ul className={css["wrong"]}>
        {problem.errors.map(({ path, message }) => (
          <li key={`${path} ${message}`}>
            <span className="lc-mono">{path.replace(/^input\.?/, "") || "the whole input"}</span> {message}
          </li>
        ))}
      </ul>
    </Note>
  );
};

interface EditorProps {
  readonly job: JobDetail;
  readonly input: unknown;
  readonly onClose: () => void;
}

const Editor = ({ job, input, onClose }: EditorProps) => {
  const [text, setText] = useState(asText(input));
  const [wrong, setWrong] = useState<string>();
  const retry = useWrite("jobs.retry", {
    touches: ["jobs"],
    done: () => {
      notifications.show({ message: "It runs again with the new input." });
      onClose();
    },
  });
  const run = () => {
    const read = readJson(text);
    if ("wrong" in read) {
      setWrong(read.wrong);
      return;
    }
    retry.mutate({ id: job.id, input: read.input });
  };
  return (
    <Stack gap="sm">
      <Textarea
        className={css["editor"] ?? ""}
        label="Input as JSON"
        description="Ids, texts and numbers as this type of job takes them. It is checked before anything is changed."
        rows={Math.min(24, Math.max(6, text.split("\n").length + 1))}
        spellCheck={false}
        value={text}
        error={wrong}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setWrong(undefined);
          retry.reset();
        }}
      />
      {retry.error && <Refused problem={retry.error} />}
      <Group gap="xs">
        <Button loading={retry.isPending} onClick={run}>
          Run again with this input
        </Button>
        <Button variant="default" onClick={onClose}>
          Leave it
        </Button>
      </Group>
    </Stack>
  );
};

/** The section. */
export const JobInput = ({ job, admin }: { readonly job: JobDetail; readonly admin: boolean }) => {
  const [mode, setMode] = useState<"shape" | "values" | "edit">("shape");
  const look = useWrite("jobs.input", { touches: [] });
  const mendable = job.state === "failed" || job.state === "cancelled";
  const show = (next: "values" | "edit") => look.mutate({ id: job.id }, { onSuccess: () => setMode(next) });
  const hide = () => {
    setMode("shape");
    look.reset();
  };
  const editing = mode === "edit" && mendable && look.data;
  return (
    <Section
      title="Input"
      aside={
        admin &&
        !editing && (
          <Group gap={6}>
            {mode === "shape" ? (
              <Button variant="default" size="compact-sm" loading={look.isPending} onClick={() => show("values")}>
                Show the values
              </Button>
            ) : (
              <Button variant="default" size="compact-sm" onClick={hide}>
                Hide the values
              </Button>
            )}
            {mendable && (
              <Button variant="default" size="compact-sm" disabled={look.isPending} onClick={() => show("edit")}>
                Change it and run again
              </Button>
            )}
          </Group>
        )
      }
    >
      <Stack gap="sm">
        {look.error && <ProblemNote problem={look.error} />}
        {editing ? (
          <Editor job={job} input={look.data?.input} onClose={hide} />
        ) : (
          <>
            <CodeBlock
              label="Input of the job"
              text={asText(mode === "shape" || !look.data ? job.shape : look.data.input)}
            />
            <Text fz="sm" c="dimmed">
              {mode === "shape"
                ? "Texts and numbers are hidden, because they may be about people. Looking at them is written to the audit log."
                : "You looked at it; the audit log says so."}
            </Text>
          </>
        )}
      </Stack>
    </Section>
  );
};
