// Erasing a person for good: says what goes and what stays, and wants their address or name typed.
import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { useForm } from "react-hook-form";
import type { Contact } from "../../../../shared/contracts/contacts.ts";
import { showAtFields } from "../../form.ts";
import { ProblemNote } from "../../parts/note.tsx";
import { forget, useWrite } from "../../query.ts";
import { contactName } from "../../words.ts";

export interface EraseProps {
  readonly contact: Contact;
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** The dialog; afterwards it leads to the list. */
export const EraseContact = ({ contact, opened, onClose }: EraseProps) => {
  const navigate = useNavigate();
  const form = useForm<{ confirm: string }>({ defaultValues: { confirm: "" } });
  const erase = useWrite("contacts.erase", {
    touches: ["contacts.list"],
    done: () => {
      notifications.show({ message: "The person is being erased. Nothing more is sent to them." });
      void navigate({ to: "/contacts", search: {} }).then(() => forget("contacts.get", contact.id));
    },
  });
  useEffect(() => {
    showAtFields(form, erase.error, { confirm: "confirm" });
  }, [form, erase.error]);
  const expected = contact.email ?? contact.phone ?? contactName(contact);
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={`Erase ${contactName(contact)}?`}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form noValidate onSubmit={form.handleSubmit(({ confirm }) => erase.mutate({ id: contact.id, confirm }))}>
        <Stack gap="md">
          <Text fz="sm">
            Name, addresses, fields and everything that was filled in for this person are removed: from contacts,
            messages, imports, logs and the mailbox. This cannot be undone.
          </Text>
          <Text fz="sm">
            What stays has nobody's name on it: the numbers of campaigns, that consent was given and when, and a
            fingerprint of the addresses, so that nobody writes to them again even if a list brings them back.
          </Text>
          {erase.error && erase.error.errors.length === 0 && <ProblemNote problem={erase.error} />}
          <TextInput
            label={<span className="lc-break">Type {expected} to confirm</span>}
            autoComplete="off"
            data-autofocus
            error={form.formState.errors.confirm?.message}
            {...form.register("confirm", { required: "Type it to confirm" })}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Leave it
            </Button>
            <Button type="submit" color="red.8" loading={erase.isPending}>
              Erase for good
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
};
