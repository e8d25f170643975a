// One sender account: what it says, what it lacks, a test mail, and its DNS records.
import { Button, Group, Stack } from "@mantine/core";
import { useState } from "react";
import { Confirm } from "../../parts/confirm.tsx";
import { useMay } from "../../parts/may.tsx";
import { Note } from "../../parts/note.tsx";
import { type Fact, Facts, Section } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { useWrite } from "../../query.ts";
import type { Session } from "../../session.ts";
import { count, moment } from "../../words.ts";
import css from "./sending.module.css";
import { DnsPanel } from "./sending-dns.tsx";
import type { Account } from "./sending-form.tsx";
import { TestMail } from "./sending-test.tsx";

const limits = ({ ratePerSecond, dailyLimit }: Account): string =>
  [ratePerSecond !== null && `${count(ratePerSecond)} a second`, dailyLimit !== null && `${count(dailyLimit)} a day`]
    .filter(Boolean)
    .join(", ") || "none";

const facts = (account: Account): Fact[] => [
  { name: "From", value: `${account.fromName} <${account.fromAddress}>` },
  { name: "Reply-to", value: account.replyTo ?? "the from address" },
  { name: "Postal address", value: account.postalAddress ?? "missing" },
  { name: "Limits", value: limits(account) },
  ...(account.dkimSelector === null ? [] : [{ name: "DKIM selector", value: account.dkimSelector }]),
  {
    name: "Last test",
    value:
      account.testedAt === null
        ? "never"
        : `${moment(account.testedAt)}: ${account.testOk ? "taken by the server" : "not taken"}`,
  },
];

export interface AccountCardProps {
  readonly account: Account;
  readonly session: Session;
  readonly onEdit: () => void;
}

/** The account as a card. */
export const AccountCard = ({ account, session, onEdit }: AccountCardProps) => {
  const [deleting, setDeleting] = useState(false);
  const makeDefault = useWrite("senders.makeDefault", { touches: ["senders", "campaigns.preflight"] });
  const remove = useWrite("senders.remove", { touches: ["senders"], done: () => setDeleting(false) });
  const may = useMay();
  const mayChange = may("senders.update");
  const domain = account.fromAddress.slice(account.fromAddress.lastIndexOf("@") + 1);
  const lacks = account.postalAddress === null || account.isPlaceholder;
  return (
    <Section
      title={account.name}
      aside={
        <Group gap="xs">
          {account.isDefault && <Status word={{ label: "used for everything", tone: "good" }} />}
          {mayChange && (
            <Button size="compact-sm" variant={account.isPlaceholder ? "filled" : "default"} onClick={onEdit}>
              {account.isPlaceholder ? "Set it up" : "Change"}
            </Button>
          )}
          {mayChange && !account.isDefault && (
            <>
              <Button
                size="compact-sm"
                variant="default"
                loading={makeDefault.isPending}
                onClick={() => makeDefault.mutate({ id: account.id })}
              >
                Use for everything
              </Button>
              <Button size="compact-sm" variant="default" onClick={() => setDeleting(true)}>
                Delete
              </Button>
            </>
          )}
        </Group>
      }
    >
      <Stack gap="md">
        {lacks && (
          <Note
            tone={session.sandbox ? "info" : "bad"}
            title={account.isPlaceholder ? "This is the sandbox's sample sender" : "The postal address is missing"}
          >
            {session.sandbox
              ? "Fine for trying. Before real mail goes out, it needs your own address and postal address."
              : "Campaigns cannot be launched until it has a from address and a postal address of your own."}
          </Note>
        )}
        <Facts facts={facts(account)} />
      </Stack>
      {may("senders.test") && (
        <div className={css["part"]}>
          <TestMail accountId={account.id} to={session.user.email} />
        </div>
      )}
      <div className={css["part"]}>
        <DnsPanel key={account.fromAddress} accountId={account.id} domain={domain} />
      </div>
      <Confirm
        opened={deleting}
        title={`Delete “${account.name}”?`}
        act="Delete"
        danger
        pending={remove.isPending}
        problem={remove.error}
        onConfirm={() => remove.mutate({ id: account.id })}
        onClose={() => setDeleting(false)}
      >
        Mail that was sent from it stays in the ledger.
      </Confirm>
    </Section>
  );
};
