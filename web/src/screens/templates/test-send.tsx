// A test mail to a few addresses, and what became of each.
import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { ApiResult } from "../../api.ts";
import { TextLink } from "../../parts/link.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead, useWrite } from "../../query.ts";
import { reasonWords, stateWords } from "../../words.ts";
import css from "./templates.module.css";

type Sent = ApiResult<"templates.testSend">["messages"][number];
const app = getRouteApi("/app");
const open: readonly string[] = ["queued", "claimed", "handing_off"];

const Fate = ({ sent }: { readonly sent: Sent }) => {
  const [moving, setMoving] = useState(true);
  const message = useRead("messages.get", { id: sent.id }, { every: moving && 1000 });
  const state = message.data?.state ?? sent.state;
  if (moving && !open.includes(state)) setMoving(false);
  const why = message.data?.detail ?? (message.data?.reason ? reasonWords(message.data.reason) : undefined);
  return (
    <li>
      <span className="lc-break">{sent.to}</span>
      <Status word={stateWords[state]} live={open.includes(state)} />
      {why && (
        <Text span fz="xs" c="dimmed" w="100%" className="lc-break">
          {why}
        </Text>
      )}
    </li>
  );
};

export interface TestSendProps {
  readonly opened: boolean;
  /** The template once it is saved; undefined when it could not be saved. */
  readonly save: () => Promise<{ readonly id: string } | undefined>;
  readonly dirty: boolean;
  readonly contactId: string;
  readonly onClose: () => void;
}

/** The dialog that sends a test. */
export const TestSend = ({ opened, save, dirty, contactId, onClose }: TestSendProps) => {
  const { session } = app.useRouteContext();
  const [typed, setTyped] = useState<string>();
  const to = typed ?? session.user.email;
  const addresses = to.split(/[\s,;]+/).filter(Boolean);
  const send = useWrite("templates.testSend", { touches: ["messages", "sandbox"] });
  const wrong = send.error?.errors.find(({ path }) => path.startsWith("to"))?.message;
  const start = async () => {
    const saved = await save();
    if (saved) send.mutate({ id: saved.id, to: addresses, ...(contactId === "" ? {} : { contactId }) });
    else onClose();
  };
  return (
    <Modal opened={opened} onClose={onClose} title="Send a test" closeButtonProps={{ "aria-label": "Close" }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <Stack gap="md">
          <TextInput
            label="To"
            description="Up to 5 addresses, with commas between them"
            value={to}
            error={addresses.length > 5 ? "At most 5 addresses" : wrong}
            onChange={(event) => setTyped(event.currentTarget.value)}
            data-autofocus
          />
          <Text fz="sm" c="dimmed">
            {contactId === "" ? "Fields are filled with examples" : "Fields are filled as in the preview"}, the subject
            begins with [Test], and the unsubscribe link does nothing.
            {dirty && " Your changes are saved first."}
          </Text>
          {send.error && !wrong && <ProblemNote problem={send.error} />}
          {send.data && (
            <ul className={css["sent"]} aria-label="Test mails">
              {send.data.messages.map((sent) => (
                <Fate key={sent.id} sent={sent} />
              ))}
            </ul>
          )}
          <Group justify="space-between" gap="xs">
            {send.data && session.sandbox && session.communities === null ? (
              <TextLink to="/mailbox" fz="sm">
                Open the mailbox
              </TextLink>
            ) : (
              <span />
            )}
            <Button type="submit" loading={send.isPending} disabled={addresses.length === 0 || addresses.length > 5}>
              {send.data ? "Send again" : "Send the test"}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
};
