// A test mail from one account, and what the server said to it: its answer word for word, what that means, what to do.
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import type { SaidLine, SenderTest } from "../../../../shared/contracts/senders.ts";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { useWrite } from "../../query.ts";
import css from "./sending.module.css";
import { testTitles } from "./sending-words.ts";

const Conversation = ({ lines }: { readonly lines: readonly SaidLine[] }) => {
  const servers = new Set(lines.map(({ server }) => server));
  return (
    <details className={css["talk"]}>
      <summary>The whole conversation</summary>
      <div className={css["said"]}>
        {lines.map((line, index) => (
          <div key={index} className={css["line"]}>
            <span>{line.from === "us" ? "we" : "server"}</span>
            <span>
              {servers.size > 1 && `[${line.server}] `}
              {line.text}
            </span>
          </div>
        ))}
      </div>
    </details>
  );
};

const Result = ({ test }: { readonly test: SenderTest }) => {
  const { title, tone } = testTitles[test.outcome];
  return (
    <Stack gap="sm" role="status">
      <Note tone={tone} title={title}>
        {test.meaning} {test.todo}
      </Note>
      {test.answer !== null && (
        <div>
          <Text fz="sm" c="dimmed" mb={4}>
            {test.transcript.some(({ from }) => from === "server") ? "The answer" : "The error"}
            {test.server && (
              <>
                {" of "}
                <span className="lc-mono">{test.server}</span>
              </>
            )}
            , word for word
            {test.tookMs !== null &&
              `, after ${test.tookMs < 1000 ? `${test.tookMs} ms` : `${(test.tookMs / 1000).toFixed(1)} s`}`}
          </Text>
          <pre className={css["said"]}>{test.answer}</pre>
        </div>
      )}
      {test.transcript.length > 1 && <Conversation lines={test.transcript} />}
    </Stack>
  );
};

export interface TestMailProps {
  readonly accountId: string;
  /** Where it goes unless somebody says otherwise. */
  readonly to: string;
}

/** The form and the last result. */
export const TestMail = ({ accountId, to: own }: TestMailProps) => {
  const [to, setTo] = useState(own);
  const test = useWrite("senders.test", { touches: ["senders.list", "messages", "sandbox"] });
  const wrong = test.error?.errors.find(({ path }) => path === "to")?.message;
  return (
    <Stack gap="md">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          test.mutate({ id: accountId, ...(to.trim() === "" ? {} : { to: to.trim() }) });
        }}
      >
        <Group align="flex-end" gap="xs">
          <TextInput
            label="Send a test mail to"
            type="email"
            value={to}
            error={wrong}
            onChange={(event) => setTo(event.currentTarget.value)}
            flex="1 1 220px"
            maw={380}
          />
          <Button type="submit" variant="default" loading={test.isPending}>
            Send the test
          </Button>
        </Group>
      </form>
      {test.isPending && (
        <Text fz="sm" c="dimmed" role="status">
          Talking to the server. It may take up to 20 seconds.
        </Text>
      )}
      {test.error && !wrong && <ProblemNote problem={test.error} />}
      {test.data && !test.isPending && <Result test={test.data} />}
    </Stack>
  );
};
