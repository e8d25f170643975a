// Settings, Sending: the accounts that mail comes from, with a test and a DNS check each, and how mail leaves.
import { Button, Skeleton, Stack } from "@mantine/core";
import { useRouteContext } from "@tanstack/react-router";
import { useState } from "react";
import { Icon } from "../../parts/icon.tsx";
import { useMay } from "../../parts/may.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { useRead } from "../../query.ts";
import { AccountCard } from "./sending-account.tsx";
import { type Account, AccountForm } from "./sending-form.tsx";
import { Setup } from "./sending-setup.tsx";
import { SettingsPage } from "./settings-tabs.tsx";

/** The screen. */
export const Sending = () => {
  const { session } = useRouteContext({ from: "/app" });
  const may = useMay();
  const accounts = useRead("senders.list", { limit: 100 });
  const [form, setForm] = useState<{ account: Account | undefined; opened: boolean }>({
    account: undefined,
    opened: false,
  });
  const edit = (account: Account | undefined) => setForm({ account, opened: true });
  // The one that everything is sent from first.
  const sorted = [...(accounts.data?.data ?? [])].sort((a, b) => Number(b.isDefault) - Number(a.isDefault));
  return (
    <SettingsPage
      title="Sending"
      lead="Who your mail comes from, how it leaves, and whether receivers believe it."
      actions={
        may("senders.create") && (
          <Button variant="default" leftSection={<Icon name="plus" size={16} />} onClick={() => edit(undefined)}>
            Add an account
          </Button>
        )
      }
    >
      <Stack gap="lg">
        {accounts.isError && <ProblemNote problem={accounts.error} retry={() => void accounts.refetch()} />}
        {accounts.isPending && (
          <Skeleton height={260} radius="lg" role="status" aria-label="Loading the sender accounts" />
        )}
        {sorted.map((account) => (
          <AccountCard key={account.id} account={account} session={session} onEdit={() => edit(account)} />
        ))}
        <Setup />
      </Stack>
      <AccountForm
        key={form.account?.id ?? "new"}
        account={form.account}
        opened={form.opened}
        onClose={() => setForm((old) => ({ ...old, opened: false }))}
      />
    </SettingsPage>
  );
};
