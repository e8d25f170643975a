// Adding one contact by hand, with the consent it gave.
import { Drawer } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useForm } from "react-hook-form";
import { useWrite } from "../../query.ts";
import { contactName } from "../../words.ts";
import { bodyOf, type ContactFields, fieldsOf } from "./contact-fields.ts";
import { ContactForm } from "./contact-form.tsx";

/** The drawer that adds a contact. */
export const NewContact = ({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) => {
  const form = useForm<ContactFields>({ defaultValues: fieldsOf() });
  const create = useWrite("contacts.create", {
    touches: ["contacts", "tags"],
    done: (contact) => {
      notifications.show({ message: `${contactName(contact)} was added.` });
      form.reset(fieldsOf());
      onClose();
    },
  });
  const submit = (fields: ContactFields) =>
    create.mutate({
      ...bodyOf(fields),
      ...(fields.consent.length > 0
        ? { consent: { channels: fields.consent, basis: fields.basis, source: fields.source } }
        : {}),
    });
  return (
    <Drawer opened={opened} onClose={onClose} title="Add a contact" closeButtonProps={{ "aria-label": "Close" }}>
      <ContactForm
        form={form}
        problem={create.error}
        pending={create.isPending}
        withConsent
        act="Add the contact"
        onSubmit={submit}
        onCancel={onClose}
      />
    </Drawer>
  );
};
