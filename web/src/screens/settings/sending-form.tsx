// The form of a sender account, for a new one and to change one. What the API refuses is shown at its field.
import { Button, Drawer, Group, SimpleGrid, Stack, Textarea, TextInput } from "@mantine/core";
import { useEffect } from "react";
import { type Path, useForm } from "react-hook-form";
import type { ApiParams, Row } from "../../api.ts";
import { orNull, showAtFields } from "../../form.ts";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { useWrite } from "../../query.ts";

export type Account = Row<"senders.list">;

interface Fields {
  name: string;
  fromName: string;
  fromAddress: string;
  replyTo: string;
  postalAddress: string;
  ratePerSecond: string;
  dailyLimit: string;
  dkimSelector: string;
}

const names: readonly Path<Fields>[] = [
  "name",
  "fromName",
  "fromAddress",
  "replyTo",
  "postalAddress",
  "ratePerSecond",
  "dailyLimit",
  "dkimSelector",
];
const places = Object.fromEntries(names.map((name) => [name, name])) as Record<Path<Fields>, Path<Fields>>;

/** The sandbox's own address is not offered: nobody should send with it. */
const fieldsOf = (account: Account | undefined): Fields => {
  const own = account?.isPlaceholder ? undefined : account;
  return {
    name: own?.name ?? "",
    fromName: own?.fromName ?? "",
    fromAddress: own?.fromAddress ?? "",
    replyTo: own?.replyTo ?? "",
    postalAddress: own?.postalAddress ?? "",
    ratePerSecond: account?.ratePerSecond?.toString() ?? "",
    dailyLimit: account?.dailyLimit?.toString() ?? "",
    dkimSelector: account?.dkimSelector ?? "",
  };
};

const numberOrNull = (text: string): number | null => (text.trim() === "" ? null : Number(text.replace(",", ".")));

const bodyOf = (fields: Fields): ApiParams<"senders.create"> => ({
  name: fields.name.trim() || fields.fromName.trim(),
  fromName: fields.fromName.trim(),
  fromAddress: fields.fromAddress.trim(),
  replyTo: orNull(fields.replyTo),
  postalAddress: orNull(fields.postalAddress),
  ratePerSecond: numberOrNull(fields.ratePerSecond),
  dailyLimit: numberOrNull(fields.dailyLimit),
  dkimSelector: orNull(fields.dkimSelector),
});

const decimal = { value: /^\s*\d+([.,]\d+)?\s*$/, message: "Give a number such as 14, or leave it empty" };
const whole = { value: /^\s*\d+\s*$/, message: "Give a whole number such as 2000, or leave it empty" };

export interface AccountFormProps {
  /** Undefined: a new one. */
  readonly account: Account | undefined;
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** The drawer with the form. */
export const AccountForm = ({ account, opened, onClose }: AccountFormProps) => {
  const form = useForm<Fields>({ defaultValues: fieldsOf(account) });
  const options = { touches: ["senders", "campaigns.preflight"], done: onClose };
  const create = useWrite("senders.create", options);
  const update = useWrite("senders.update", options);
  const { error, isPending } = account ? update : create;
  const { errors } = form.formState;
  useEffect(() => {
    showAtFields(form, error, places);
  }, [form, error]);
  // Filled in once when it opens: what is read again meanwhile must not take away what is being typed.
  useEffect(() => {
    if (opened) form.reset(fieldsOf(account));
  }, [opened]);
  const save = (fields: Fields) =>
    account ? update.mutate({ id: account.id, ...bodyOf(fields) }) : create.mutate(bodyOf(fields));
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      title={
        !account
          ? "Add a sender account"
          : account.isPlaceholder
            ? "Set up the sender account"
            : "Change the sender account"
      }
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form noValidate onSubmit={form.handleSubmit(save)}>
        <Stack gap="md">
          {error && error.errors.length === 0 && <ProblemNote problem={error} />}
          <TextInput
            label="From name"
            description="What people read as the sender"
            placeholder="Springfield Learning Center"
            data-autofocus
            error={errors.fromName?.message}
            {...form.register("fromName", { required: "Give the name that people know you by" })}
          />
          <TextInput
            label="From address"
            description="An address of your own domain"
            type="email"
            placeholder="hello@your-center.org"
            error={errors.fromAddress?.message}
            {...form.register("fromAddress", { required: "Give the address that mail comes from" })}
          />
          <TextInput
            label="Reply-to"
            description="Where answers go; empty: to the from address"
            type="email"
            error={errors.replyTo?.message}
            {...form.register("replyTo")}
          />
          <Textarea
            label="Postal address"
            description="Stands at the foot of every bulk mail, as the law in many countries demands"
            placeholder="Springfield Learning Center, 1 Main Street, Springfield"
            autosize
            minRows={2}
            error={errors.postalAddress?.message}
            {...form.register("postalAddress")}
          />
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md" verticalSpacing="md">
            <TextInput
              label="Most per second"
              placeholder="no limit"
              inputMode="decimal"
              error={errors.ratePerSecond?.message}
              {...form.register("ratePerSecond", { pattern: decimal })}
            />
            <TextInput
              label="Most per day"
              placeholder="no limit"
              inputMode="numeric"
              error={errors.dailyLimit?.message}
              {...form.register("dailyLimit", { pattern: whole })}
            />
          </SimpleGrid>
          <Note tone="info" title="A day ends at midnight UTC. What is left over goes out the next day by itself." />
          <TextInput
            label="DKIM selector"
            description="Only if your provider gave you one of your own, such as s1; several with commas"
            error={errors.dkimSelector?.message}
            {...form.register("dkimSelector")}
          />
          <TextInput
            label="Name of this account"
            description="For you alone; empty: the from name"
            error={errors.name?.message}
            {...form.register("name")}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Drawer>
  );
};
