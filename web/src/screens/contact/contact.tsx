// One contact: who it is, what it agreed to, what keeps messages from it, and everything that happened.

import { Button, Drawer, Menu, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useForm } from "react-hook-form";
import type { Contact } from "../../../../shared/contracts/contacts.ts";
import { apiAddress } from "../../api-address.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ButtonLink, TextLink } from "../../parts/link.tsx";
import { useMay } from "../../parts/may.tsx";
import { Empty, ProblemNote } from "../../parts/note.tsx";
import { Facts, PageHead, PageSkeleton, Section } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { Tags } from "../../parts/tags.tsx";
import { forget, useRead, useWrite } from "../../query.ts";
import { contactName, moment } from "../../words.ts";
import { bodyOf, type ContactFields, fieldsOf } from "../contacts/contact-fields.ts";
import { ContactForm } from "../contacts/contact-form.tsx";
import { MessageDrawer } from "../messages/message-drawer.tsx";
import { Activity } from "./activity.tsx";
import { Consents } from "./consents.tsx";
import css from "./contact.module.css";
import { ContactSuppressions, SuppressContact } from "./contact-suppressions.tsx";
import { EraseContact } from "./erase-contact.tsx";

const route = getRouteApi("/app/contacts/$id");
type Act = "edit" | "suppress" | "delete" | "erase";

interface DialogProps {
  readonly contact: Contact;
  readonly onClose: () => void;
}

const Edit = ({ contact, onClose }: DialogProps) => {
  const form = useForm<ContactFields>({ defaultValues: fieldsOf(contact) });
  const update = useWrite("contacts.update", { touches: ["contacts", "tags", "consent"], done: onClose });
  return (
    <Drawer
      opened
      onClose={onClose}
      title={`Edit ${contactName(contact)}`}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <ContactForm
        form={form}
        problem={update.error}
        pending={update.isPending}
        withConsent={false}
        act="Save"
        onSubmit={(fields) => update.mutate({ id: contact.id, ...bodyOf(fields, contact) })}
        onCancel={onClose}
      />
    </Drawer>
  );
};

const Delete = ({ contact, onClose }: DialogProps) => {
  const navigate = useNavigate();
  const remove = useWrite("contacts.remove", {
    touches: ["contacts.list"],
    done: () => {
      notifications.show({ message: `${contactName(contact)} was deleted.` });
      void navigate({ to: "/contacts", search: {} }).then(() => forget("contacts.get", contact.id));
    },
  });
  return (
    <Confirm
      opened
      title={`Delete ${contactName(contact)}?`}
      act="Delete"
      danger
      pending={remove.isPending}
      problem={remove.error}
      onConfirm={() => remove.mutate({ id: contact.id })}
      onClose={onClose}
    >
      The contact is removed from lists, segments and future campaigns. What was sent stays in the ledger with its
      address; to remove that too, erase the person instead.
    </Confirm>
  );
};

const Acts = ({ contact, onAct }: { readonly contact: Contact; readonly onAct: (act: Act) => void }) => {
  const may = useMay();
  return (
    <>
      {may("contacts.update") && (
        <Button variant="default" leftSection={<Icon name="edit" size={16} />} onClick={() => onAct("edit")}>
          Edit
        </Button>
      )}
      {may("consent.suppress") && (contact.email || contact.phone) && (
        <Button
          variant="default"
          leftSection={<Icon name="suppressions" size={16} />}
          onClick={() => onAct("suppress")}
        >
          Suppress
        </Button>
      )}
      {may("contacts.export") && (
        <Button
          component="a"
          href={apiAddress(`/api/v1/contacts/${contact.id}/export`)}
          download
          variant="default"
          leftSection={<Icon name="download" size={16} />}
        >
          Export
        </Button>
      )}
      {(may("contacts.remove") || may("contacts.erase")) && (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" px={10} aria-label="More acts">
              <Icon name="dots" size={18} />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {may("contacts.remove") && (
              <Menu.Item leftSection={<Icon name="trash" size={16} />} onClick={() => onAct("delete")}>
                Delete
              </Menu.Item>
            )}
            {may("contacts.erase") && (
              <Menu.Item leftSection={<Icon name="close" size={16} />} onClick={() => onAct("erase")}>
                Erase for good
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      )}
    </>
  );
};

const Profile = ({ contact }: { readonly contact: Contact }) => {
  const may = useMay();
  const communities = useRead("communities.list", { limit: 1000 });
  const community = communities.data?.data.find(({ id }) => id === contact.communityId)?.name;
  const facts = [
    { name: "Email", value: contact.email },
    { name: "Phone", value: contact.phone },
    { name: "Organisation", value: contact.orgName },
    { name: "Kind", value: contact.kind },
    { name: "Community", value: community },
    { name: "Stage", value: contact.stage },
    { name: "Score", value: String(contact.score) },
    { name: "Time zone", value: contact.timezone },
    { name: "External id", value: contact.externalId },
    ...Object.entries(contact.attrs).map(([name, value]) => ({ name, value: value === null ? null : String(value) })),
    { name: "Added", value: moment(contact.createdAt) },
    { name: "Changed", value: moment(contact.updatedAt) },
  ].filter((fact) => fact.value);
  return (
    <Section title="Profile">
      <Stack gap="sm">
        {contact.tags.length > 0 && <Tags tags={contact.tags} />}
        <Facts facts={facts} />
        {may("jobs.list") && (
          <TextLink to="/operations/jobs" search={{ contactId: contact.id }} fz="sm">
            Jobs about this person
          </TextLink>
        )}
      </Stack>
    </Section>
  );
};

/** The page of one contact. */
export const ContactScreen = () => {
  const { id } = route.useParams();
  const { type, message } = route.useSearch();
  const navigate = useNavigate({ from: "/contacts/$id" });
  const contact = useRead("contacts.get", { id });
  const suppressed = useRead("consent.suppressionsOf", { id });
  const [act, setAct] = useState<Act | null>(null);
  const close = () => setAct(null);

  // Gone is gone, also where it was read before: by Back after a deletion, or in another tab.
  const gone = contact.error?.status === 404;
  if (contact.isError && (gone || !contact.data)) {
    if (!gone) return <ProblemNote problem={contact.error} retry={() => void contact.refetch()} />;
    return (
      <Empty
        icon="contacts"
        title="No such contact"
        actions={
          <ButtonLink to="/contacts" search={{}}>
            All contacts
          </ButtonLink>
        }
      >
        It may have been deleted or erased.
      </Empty>
    );
  }
  if (!contact.data) return <PageSkeleton />;
  const { data } = contact;
  return (
    <>
      <PageHead
        title={contactName(data)}
        above={
          <TextLink to="/contacts" search={{}} fz="sm">
            Contacts
          </TextLink>
        }
        beside={(suppressed.data?.data.length ?? 0) > 0 && <Status word={{ label: "suppressed", tone: "bad" }} />}
        lead={[data.orgName === contactName(data) ? null : data.orgName, data.email, data.phone]
          .filter((part) => part && part !== contactName(data))
          .join(" · ")}
        actions={<Acts contact={data} onAct={setAct} />}
      />
      <div className={css["columns"]}>
        <Activity
          id={id}
          type={type}
          onType={(next) =>
            void navigate({ search: (search) => ({ ...search, type: next }), replace: true, resetScroll: false })
          }
        />
        <div className={css["side"]}>
          <Profile contact={data} />
          <Section>
            <Consents contact={data} />
          </Section>
          <ContactSuppressions contact={data} onSuppress={() => setAct("suppress")} />
        </div>
      </div>
      {act === "edit" && <Edit contact={data} onClose={close} />}
      {act === "delete" && <Delete contact={data} onClose={close} />}
      {act === "suppress" && <SuppressContact contact={data} opened onClose={close} />}
      {act === "erase" && <EraseContact contact={data} opened onClose={close} />}
      <MessageDrawer
        id={message}
        onClose={() => void navigate({ search: ({ message: _, ...rest }) => rest, resetScroll: false })}
      />
    </>
  );
};
