// One contact beside the list: who it is, what it agreed to, what it got; change, suppress, delete.
import { Button, Drawer, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useEffect, useState } from "react";
import { useForm } from "react-hook-form";
import type { Contact } from "../../../../shared/contracts/contacts.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { Facts } from "../../parts/page.tsx";
import { Tags } from "../../parts/tags.tsx";
import { useRead, useWrite } from "../../query.ts";
import { contactName, moment } from "../../words.ts";
import { Consents } from "./consents.tsx";
import { bodyOf, type ContactFields, ContactForm, fieldsOf } from "./contact-form.tsx";
import { MessagesOf } from "./messages-of.tsx";

interface Inside {
  readonly contact: Contact;
  readonly onClose: () => void;
}

const Edit = ({ contact, onClose }: Inside) => {
  const form = useForm<ContactFields>({ defaultValues: fieldsOf(contact) });
  const update = useWrite("contacts.update", { touches: ["contacts", "tags"], done: onClose });
  return (
    <ContactForm
      form={form}
      problem={update.error}
      pending={update.isPending}
      withConsent={false}
      act="Save"
      onSubmit={(fields) => update.mutate({ id: contact.id, ...bodyOf(fields, contact) })}
      onCancel={onClose}
    />
  );
};

const Profile = ({ contact, onClose }: Inside) => {
  const [asked, setAsked] = useState<"delete" | "suppress" | null>(null);
  const remove = useWrite("contacts.remove", {
    touches: ["contacts.list"],
    done: () => {
      notifications.show({ message: `${contactName(contact)} was deleted.` });
      onClose();
    },
  });
  const suppress = useWrite("consent.suppress", {
    touches: ["consent"],
    done: () => {
      setAsked(null);
      notifications.show({ message: `Nothing more is sent to ${contact.email}.` });
    },
  });
  const facts = [
    { name: "Email", value: contact.email },
    { name: "Phone", value: contact.phone },
    { name: "Organisation", value: contact.orgName },
    { name: "Kind", value: contact.kind },
    { name: "Stage", value: contact.stage },
    { name: "Time zone", value: contact.timezone },
    { name: "External id", value: contact.externalId },
    ...Object.entries(contact.attrs).map(([name, value]) => ({ name, value: value === null ? null : String(value) })),
    { name: "Added", value: moment(contact.createdAt) },
  ].filter((fact) => fact.value !== null && fact.value !== "");
  return (
    <Stack gap="xl">
      <Stack gap="sm">
        <Tags tags={contact.tags} />
        <Facts facts={facts} />
      </Stack>
      <Consents contact={contact} />
      <MessagesOf contact={contact} />
      <Stack gap="xs">
        <Title order={3}>Stop and delete</Title>
        <Group gap="xs">
          {contact.email && (
            <Button
              variant="default"
              leftSection={<Icon name="suppressions" size={16} />}
              onClick={() => setAsked("suppress")}
            >
              Suppress the address
            </Button>
          )}
          <Button variant="default" leftSection={<Icon name="trash" size={16} />} onClick={() => setAsked("delete")}>
            Delete
          </Button>
        </Group>
      </Stack>
      <Confirm
        opened={asked === "suppress"}
        title="Suppress this address?"
        act="Suppress"
        pending={suppress.isPending}
        problem={suppress.error}
        onConfirm={() => suppress.mutate({ channel: "email", address: contact.email ?? "", reason: "manual" })}
        onClose={() => setAsked(null)}
      >
        No mail goes to <b className="lc-break">{contact.email}</b> any more, from no campaign, until you lift it under
        Suppressions.
      </Confirm>
      <Confirm
        opened={asked === "delete"}
        title={`Delete ${contactName(contact)}?`}
        act="Delete"
        danger
        pending={remove.isPending}
        problem={remove.error}
        onConfirm={() => remove.mutate({ id: contact.id })}
        onClose={() => setAsked(null)}
      >
        The contact is removed from lists, segments and future campaigns. What was sent stays in the ledger.
      </Confirm>
    </Stack>
  );
};

/** Drawer of the contact with this id; closed without one. */
export const ContactDrawer = ({ id, onClose }: { readonly id: string | undefined; readonly onClose: () => void }) => {
  const contact = useRead("contacts.get", { id: id ?? "" }, { enabled: id !== undefined, keep: id === undefined });
  const [editing, setEditing] = useState(false);
  // Another contact opens on its profile, whatever the last one showed.
  useEffect(() => setEditing(false), [id]);
  return (
    <Drawer
      opened={id !== undefined}
      onClose={onClose}
      title={contact.data ? contactName(contact.data) : "Contact"}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {contact.isPending && <Skeleton height={240} role="status" aria-label="Loading the contact" />}
      {contact.isError && <ProblemNote problem={contact.error} retry={() => void contact.refetch()} />}
      {contact.data && editing && <Edit contact={contact.data} onClose={() => setEditing(false)} />}
      {contact.data && !editing && (
        <Stack gap="md">
          <Group justify="space-between" gap="xs">
            <Text fz="sm" c="dimmed">
              Score {contact.data.score}
            </Text>
            <Button
              variant="default"
              size="compact-sm"
              leftSection={<Icon name="edit" size={15} />}
              onClick={() => setEditing(true)}
            >
              Edit
            </Button>
          </Group>
          <Profile contact={contact.data} onClose={onClose} />
        </Stack>
      )}
    </Drawer>
  );
};
