// One message of the ledger: its state, why, the server's answer word for word, and what the person did with it.
import { Button, Drawer, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { TextLink } from "../../parts/link.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { Facts } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead, useWrite } from "../../query.ts";
import { moment, reasonWords, stateWords } from "../../words.ts";
import css from "./campaigns.module.css";

const route = getRouteApi("/app/campaigns/$id");
const touches = ["campaigns", "messages"];
const eventWords: Readonly<Record<string, string>> = {
  opened: "opened",
  clicked: "clicked",
  delivered: "delivered",
  bounced: "bounced",
  unsubscribed: "unsubscribed",
  complained: "marked as spam",
};

/** Drawer of the message in the URL. */
export const MessageDrawer = ({ campaignId }: { readonly campaignId: string }) => {
  const { message: id } = route.useSearch();
  const navigate = useNavigate({ from: "/campaigns/$id" });
  const message = useRead(
    "messages.get",
    { id: id ?? "" },
    { enabled: id !== undefined, every: id === undefined ? false : 4000 },
  );
  const retry = useWrite("campaigns.retry", { touches });
  const resolve = useWrite("campaigns.resolve", { touches });
  const close = () => void navigate({ search: ({ message: _, ...rest }) => rest, resetScroll: false });
  const data = message.data;
  const ids = data ? [data.id] : [];
  const problem = retry.error ?? resolve.error;
  return (
    <Drawer
      opened={id !== undefined}
      onClose={close}
      title={data?.address ?? "Message"}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {message.isPending && <Skeleton height={200} role="status" aria-label="Loading the message" />}
      {message.isError && <ProblemNote problem={message.error} retry={() => void message.refetch()} />}
      {data && (
        <Stack gap="lg">
          <Group justify="space-between">
            <Status word={stateWords[data.state]} />
            {data.contactId && (
              <TextLink to="/contacts" search={{ contact: data.contactId }} fz="sm">
                Open the contact
              </TextLink>
            )}
          </Group>
          <Facts
            facts={[
              { name: "Why", value: data.reason && reasonWords(data.reason) },
              { name: "Subject", value: data.subject },
              { name: "Attempts", value: String(data.attempts) },
              { name: "Provider", value: data.provider },
              { name: "Provider's id", value: data.providerMessageId },
              { name: "Created", value: moment(data.createdAt) },
              { name: "Taken", value: data.acceptedAt && moment(data.acceptedAt) },
              { name: "Last change", value: moment(data.updatedAt) },
            ].filter((fact) => fact.value)}
          />
          {data.detail && (
            <Stack gap={6}>
              <Title order={3}>The server's answer</Title>
              <pre className={css["answer"]}>{data.detail}</pre>
            </Stack>
          )}
          {data.events.length > 0 && (
            <Stack gap={6}>
              <Title order={3}>What happened then</Title>
              <Facts
                facts={data.events.map((event) => ({
                  name: eventWords[event.type] ?? event.type,
                  value: `${moment(event.at)}${event.url ? ` · ${event.url}` : ""}`,
                }))}
              />
            </Stack>
          )}
          {problem && <ProblemNote problem={problem} />}
          {data.state === "failed" && (
            <Group>
              {data.reason === "unknown_closed" && (
                <Text fz="sm">
                  It was closed without knowing whether it had left. A retry may reach the person twice.
                </Text>
              )}
              <Button variant="default" loading={retry.isPending} onClick={() => retry.mutate({ id: campaignId, ids })}>
                Retry this message
              </Button>
            </Group>
          )}
          {data.state === "unknown" && (
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
        </Stack>
      )}
    </Drawer>
  );
};
