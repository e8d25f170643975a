// What one contact got, and what it did not get and why.
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import type { Contact } from "../../../../shared/contracts/contacts.ts";
import { ProblemNote } from "../../parts/note.tsx";
import { Status } from "../../parts/status.tsx";
import { useRows } from "../../query.ts";
import { moment, reasonWords, stateWords } from "../../words.ts";
import css from "./contacts.module.css";

/** The contact's lines of the ledger, newest first. */
export const MessagesOf = ({ contact }: { readonly contact: Contact }) => {
  const list = useRows("messages.list", { contactId: contact.id, limit: 10 });
  return (
    <Stack gap="xs">
      <Title order={3}>Messages</Title>
      {list.problem && <ProblemNote problem={list.problem} retry={list.retry} />}
      {!list.loading && list.rows.length === 0 && !list.problem && (
        <Text fz="sm" c="dimmed">
          Nothing was sent to this contact yet.
        </Text>
      )}
      <ul className={`lc-plain-list ${css["lines"]}`}>
        {list.rows.map((message) => (
          <li key={message.id}>
            <Group justify="space-between" gap="xs">
              <Status word={stateWords[message.state]} />
              <Text fz="xs" c="dimmed">
                {moment(message.updatedAt)}
              </Text>
            </Group>
            <Text fz="sm" className="lc-break">
              {message.subject ?? message.channel}
              {message.reason && (
                <Text span c="dimmed">
                  {" "}
                  · {reasonWords(message.reason)}
                </Text>
              )}
            </Text>
          </li>
        ))}
      </ul>
      {list.hasMore && (
        <Button variant="subtle" size="compact-sm" onClick={list.loadMore} loading={list.loadingMore}>
          Older messages
        </Button>
      )}
    </Stack>
  );
};
