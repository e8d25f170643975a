// What keeps messages from a contact: the suppressions of its email and number, each with why and since when.
import { Button, Checkbox, Group, Modal, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import type { Channel } from "../../../../shared/contracts/channel.ts";
import type { Contact } from "../../../../shared/contracts/contacts.ts";
import { type ApiResult, call } from "../../api.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { useMay } from "../../parts/may.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { asProblem, type Problem } from "../../problem.ts";
import { refresh, useRead, useWrite } from "../../query.ts";
import { channelWords, contactName, moment, reasonWords } from "../../words.ts";
import css from "./contact.module.css";

type Suppression = ApiResult<"consent.suppressionsOf">["data"][number];
const touches = ["consent", "contacts"];

/** What can be suppressed: channels with an address. */
const reachable = (contact: Contact): readonly { channel: Channel; address: string; label: string }[] => [
  ...(contact.email ? [{ channel: "email" as const, address: contact.email, label: `Email to ${contact.email}` }] : []),
  ...(contact.phone
    ? [
        { channel: "sms" as const, address: contact.phone, label: `SMS to ${contact.phone}` },
        { channel: "call" as const, address: contact.phone, label: `Phone calls to ${contact.phone}` },
      ]
    : []),
];

export interface SuppressProps {
  readonly contact: Contact;
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** Asks on which channels nothing more is to be sent, and suppresses those addresses. */
export const SuppressContact = ({ contact, opened, onClose }: SuppressProps) => {
  const ways = reachable(contact);
  const [chosen, setChosen] = useState<readonly string[]>(ways.map(({ channel }) => channel));
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const suppress = async () => {
    setPending(true);
    setProblem(null);
    try {
      // Suppressing an address twice changes nothing, so that trying all again after a failure is right.
      for (const { channel, address } of ways.filter((way) => chosen.includes(way.channel)))
        await call("consent.suppress", { channel, address, reason: "manual" });
      notifications.show({ message: `Nothing more is sent to ${contactName(contact)} there.` });
      onClose();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setPending(false);
      void refresh(touches);
    }
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={`Suppress ${contactName(contact)}`}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Stack gap="md">
        <Text fz="sm">
          Nothing is sent there any more, by no campaign and no single message, until somebody lifts it.
        </Text>
        {problem && <ProblemNote problem={problem} />}
        <Checkbox.Group aria-label="Channels" value={[...chosen]} onChange={setChosen}>
          <Stack gap="xs">
            {ways.map(({ channel, label }) => (
              <Checkbox key={channel} value={channel} label={<span className="lc-break">{label}</span>} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button onClick={() => void suppress()} loading={pending} disabled={chosen.length === 0}>
            Suppress
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
};

/** The section with the suppressions in force, each to be lifted. */
export const ContactSuppressions = ({
  contact,
  onSuppress,
}: {
  readonly contact: Contact;
  readonly onSuppress: () => void;
}) => {
  const may = useMay();
  const held = useRead("consent.suppressionsOf", { id: contact.id });
  const [lifting, setLifting] = useState<Suppression | null>(null);
  const lift = useWrite("consent.unsuppress", { touches, done: () => setLifting(null) });
  const has = contact.email !== null || contact.phone !== null;
  return (
    <Section
      title="Suppressed"
      aside={
        has &&
        may("consent.suppress") && (
          <Button variant="subtle" size="compact-sm" onClick={onSuppress}>
            Suppress
          </Button>
        )
      }
    >
      {held.isError && <ProblemNote problem={held.error} retry={() => void held.refetch()} />}
      {held.data?.data.length === 0 && (
        <Text fz="sm" c="dimmed">
          {has ? "No address of this contact is suppressed." : "This contact has neither email nor phone."}
        </Text>
      )}
      <ul className={`lc-plain-list ${css["lines"]}`}>
        {held.data?.data.map((suppression) => (
          <li key={suppression.id}>
            <Group justify="space-between" gap="xs" wrap="nowrap">
              <Text fz="sm" fw={500}>
                No {channelWords(suppression.channel)}
              </Text>
              {may("consent.unsuppress") && (
                <Button
                  variant="subtle"
                  size="compact-sm"
                  onClick={() => setLifting(suppression)}
                  aria-label={`Lift the suppression for ${channelWords(suppression.channel)}`}
                >
                  Lift
                </Button>
              )}
            </Group>
            <Text fz="sm" c="dimmed" className="lc-break">
              {reasonWords(suppression.reason)}, since {moment(suppression.createdAt)}
            </Text>
          </li>
        ))}
      </ul>
      <Confirm
        opened={lifting !== null}
        title="Lift this suppression?"
        act="Lift"
        pending={lift.isPending}
        problem={lift.error}
        onConfirm={() => lifting && lift.mutate({ id: lifting.id })}
        onClose={() => setLifting(null)}
      >
        {lifting && `It is there because: ${reasonWords(lifting.reason)}. `}
        Lift it only if the person asked for it. Consent is still needed for campaigns.
      </Confirm>
    </Section>
  );
};
