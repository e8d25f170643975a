// One webhook: what it was about, its content in outline or, for administrators who ask, in full, and a second run.
import { Button, Drawer, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { TextLink } from "../../parts/link.tsx";
import { useMay } from "../../parts/may.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { Facts } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead, useWrite } from "../../query.ts";
import { moment, size } from "../../words.ts";
import { CodeBlock } from "./code-block.tsx";
import { providerWords, type WebhookDetail, webhookWords } from "./webhook-words.ts";

const mostMessages = 5;

/** JSON with line breaks; anything else as it is. */
const readable = (body: string): string => {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
};

const Content = ({ webhook, admin }: { readonly webhook: WebhookDetail; readonly admin: boolean }) => {
  const look = useWrite("webhooks.body", { touches: [] });
  const shown = look.data ? readable(look.data.body) : webhook.shape && JSON.stringify(webhook.shape, null, 2);
  return (
    <Stack gap={6}>
      <Group justify="space-between">
        <Title order={3}>What it says</Title>
        {admin && webhook.size !== null && (
          <Button
            variant="default"
            size="compact-sm"
            loading={look.isPending}
            onClick={() => (look.data ? look.reset() : look.mutate({ id: webhook.id }))}
          >
            {look.data ? "Hide the values" : "Show the values"}
          </Button>
        )}
      </Group>
      {look.error && <ProblemNote problem={look.error} />}
      {typeof shown === "string" && <CodeBlock label="Content of the webhook" text={shown} />}
      <Text fz="sm" c="dimmed">
        {webhook.size === null
          ? "Its content is no longer kept: it was about nobody here, or about somebody who was erased."
          : look.data
            ? "You looked at it; the audit log says so."
            : webhook.shape
              ? "Values are hidden, because they are about people. Looking at them is written to the audit log."
              : "A mail, or something that could not be read. Looking at it is written to the audit log."}
      </Text>
    </Stack>
  );
};

const Inside = ({ webhook }: { readonly webhook: WebhookDetail }) => {
  const may = useMay();
  const admin = may("webhooks.replay");
  const replay = useWrite("webhooks.replay", {
    touches: ["webhooks", "messages", "jobs"],
    done: () => notifications.show({ message: "It is being applied again." }),
  });
  const { messageIds } = webhook;
  return (
    <Stack gap="lg">
      <Group justify="space-between">
        <Status word={webhookWords[webhook.state]} live={webhook.state === "received"} />
        <TextLink to="/operations/jobs" search={{ entity: `webhook:${webhook.id}` }} fz="sm">
          Jobs that applied it
        </TextLink>
      </Group>
      {webhook.error && (
        <Text fz="sm" className="lc-break">
          {webhook.error}
        </Text>
      )}
      {replay.error && <ProblemNote problem={replay.error} />}
      {admin && webhook.size !== null && (
        <Stack gap={6}>
          <Button
            variant="default"
            w="fit-content"
            loading={replay.isPending}
            disabled={webhook.state === "received"}
            onClick={() => replay.mutate({ id: webhook.id })}
          >
            Apply it again
          </Button>
          <Text fz="sm" c="dimmed">
            What it has done already is not done twice.
          </Text>
        </Stack>
      )}
      <Facts
        facts={[
          { name: "From", value: providerWords(webhook.provider) },
          { name: "Received", value: moment(webhook.receivedAt) },
          { name: "Applied", value: webhook.processedAt && moment(webhook.processedAt) },
          {
            name: messageIds.length === 1 ? "About" : `About ${messageIds.length} messages`,
            value: messageIds.length > 0 && (
              <Stack gap={2}>
                {messageIds.slice(0, mostMessages).map((id, index) => (
                  <TextLink key={id} to="/messages" search={{ message: id }} fz="sm">
                    {messageIds.length === 1 ? "a message" : `message ${index + 1}`}
                  </TextLink>
                ))}
                {messageIds.length > mostMessages && <span>and {messageIds.length - mostMessages} more</span>}
              </Stack>
            ),
          },
          { name: "Size", value: webhook.size !== null && size(webhook.size) },
          { name: "Provider's id", value: <span className="lc-mono">{webhook.deliveryId}</span> },
        ].filter((fact) => fact.value)}
      />
      <Content key={webhook.id} webhook={webhook} admin={admin} />
    </Stack>
  );
};

/** Drawer of the webhook with this id; closed without one. */
export const WebhookDrawer = ({ id, onClose }: { readonly id: string | undefined; readonly onClose: () => void }) => {
  const webhook = useRead(
    "webhooks.get",
    { id: id ?? "" },
    { enabled: id !== undefined, every: id === undefined ? false : 2_000 },
  );
  return (
    <Drawer
      opened={id !== undefined}
      onClose={onClose}
      title={webhook.data ? providerWords(webhook.data.provider) : "Webhook"}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {id !== undefined && webhook.isPending && (
        <Skeleton height={200} role="status" aria-label="Loading the webhook" />
      )}
      {webhook.isError && <ProblemNote problem={webhook.error} retry={() => void webhook.refetch()} />}
      {webhook.data && <Inside webhook={webhook.data} />}
    </Drawer>
  );
};
