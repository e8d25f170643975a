// One message of the ledger: its state, why, the server's answer word for word, and what the person did with it.
import { Button, Drawer, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import type { ApiResult } from "../../api.ts";
import { TextLink } from "../../parts/link.tsx";
import { useMay } from "../../parts/may.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { Facts } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead, useWrite } from "../../query.ts";
import { addressOf, eventWords, moment, reasonWords, sourceWords, stateWords } from "../../words.ts";
import css from "./messages.module.css";

type Shown = ApiResult<"messages.get">;
const touches = ["campaigns", "messages", "contacts.activity"];

/** What may be decided about a message of a campaign that failed or may have been sent. */
const Decide = ({ message, campaignId }: { readonly message: Shown; readonly campaignId: string }) => {
  const may = useMay();
  const retry = useWrite("campaigns.retry", { touches });
  const resolve = useWrite("campaigns.resolve", { touches });
  const ids = [message.id];
  const problem = retry.error ?? resolve.error;
  return (
    <>
      {problem && <ProblemNote problem={problem} />}
      {message.state === "failed" && may("campaigns.retry") && (
        <Group>
          {message.reason === "unknown_closed" && (
            <Text fz="sm">It was closed without knowing whether it had left. A retry may reach the person twice.</Text>
          )}
          <Button variant="default" loading={retry.isPending} onClick={() => retry.mutate({ id: campaignId, ids })}>
            Retry this message
          </Button>
        </Group>
      )}
      {message.state === "unknown" && may("campaigns.resolve") && (
        <Stack gap="xs">
          <Text fz="sm">It may have been sent. Sending it again may reach the person twice.</Text>
          <Group gap="xs">
            <Button
              variant="default"
              loading={resolve.isPending}
              onClick={() => resolve.mutate({ id: campaignId, ids, action: "resend" })}
            >
              Send again
            </Button>
            <Button
              variant="default"
              loading={resolve.isPending}
              onClick={() => resolve.mutate({ id: campaignId, ids, action: "close" })}
            >
              Close as failed
            </Button>
          </Group>
        </Stack>
      )}
    </>
  );
};

const Inside = ({ message }: { readonly message: Shown }) => (
  <Stack gap="lg">
    <Group justify="space-between">
      <Status word={stateWords[message.state]} />
      {message.contactId && (
        <TextLink to="/contacts/$id" params={{ id: message.contactId }} fz="sm">
          Open the contact
        </TextLink>
      )}
    </Group>
    <Facts
      facts={[
        { name: "Why", value: message.reason && reasonWords(message.reason) },
        { name: "Subject", value: message.subject },
        {
          name: "Asked for by",
          value: message.sourceId ? (
            <TextLink to="/campaigns/$id" params={{ id: message.sourceId }} fz="sm">
              {message.sourceName ?? "a campaign"}
            </TextLink>
          ) : (
            sourceWords(message.source)
          ),
        },
        { name: "Attempts", value: String(message.attempts) },
        { name: "Provider", value: message.provider },
        { name: "Provider's id", value: message.providerMessageId },
        { name: "Created", value: moment(message.createdAt) },
        { name: "Taken", value: message.acceptedAt && moment(message.acceptedAt) },
        { name: "Last change", value: moment(message.updatedAt) },
        { name: "Message id", value: <span className="lc-mono">{message.id}</span> },
      ].filter((fact) => fact.value)}
    />
    {message.detail && (
      <Stack gap={6}>
        <Title order={3}>The server's answer</Title>
        <pre className={css["answer"]}>{message.detail}</pre>
      </Stack>
    )}
    {message.events.length > 0 && (
      <Stack gap={6}>
        <Title order={3}>What happened then</Title>
        <ul className={`lc-plain-list ${css["events"]}`}>
          {message.events.map((event) => (
            <li key={event.id}>
              <span>{eventWords(event.type)}</span>
              <span>{moment(event.at)}</span>
              {event.url && <span className="lc-break">{event.url}</span>}
            </li>
          ))}
        </ul>
      </Stack>
    )}
    {message.sourceId && <Decide key={message.id} message={message} campaignId={message.sourceId} />}
  </Stack>
);

/** Drawer of the message with this id; closed without one. */
export const MessageDrawer = ({ id, onClose }: { readonly id: string | undefined; readonly onClose: () => void }) => {
  const message = useRead(
    "messages.get",
    { id: id ?? "" },
    { enabled: id !== undefined, every: id === undefined ? false : 4000 },
  );
  return (
    <Drawer
      opened={id !== undefined}
      onClose={onClose}
      title={message.data ? addressOf(message.data) : "Message"}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {message.isPending && <Skeleton height={200} role="status" aria-label="Loading the message" />}
      {message.isError && <ProblemNote problem={message.error} retry={() => void message.refetch()} />}
      {message.data && <Inside message={message.data} />}
    </Drawer>
  );
};
