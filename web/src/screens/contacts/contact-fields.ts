// What the form of a contact holds, how it comes from a contact, and what is sent of it.
import type { Channel } from "../../../../shared/contracts/channel.ts";
import type { Contact } from "../../../../shared/contracts/contacts.ts";
import type { ActionParams } from "../../../../shared/contracts/index.ts";
import { orNull } from "../../form.ts";

export interface ContactFields {
  firstName: string;
  lastName: string;
  orgName: string;
  email: string;
  phone: string;
  kind: Contact["kind"];
  communityId: string;
  stage: string;
  timezone: string;
  tags: string[];
  attrs: { name: string; value: string }[];
  consent: Channel[];
  basis: string;
  source: string;
}

/** Empty fields, or those of a contact. */
export const fieldsOf = (contact?: Contact): ContactFields => ({
  firstName: contact?.firstName ?? "",
  lastName: contact?.lastName ?? "",
  orgName: contact?.orgName ?? "",
  email: contact?.email ?? "",
  phone: contact?.phone ?? "",
  kind: contact?.kind ?? "person",
  communityId: contact?.communityId ?? "",
  stage: contact?.stage ?? "awareness",
  timezone: contact?.timezone ?? "",
  tags: contact?.tags ?? [],
  attrs: Object.entries(contact?.attrs ?? {}).map(([name, value]) => ({ name, value: String(value ?? "") })),
  consent: [],
  basis: "",
  source: "",
});

/** A value as it is typed here is text; one that was left alone stays the number or truth value that it was. */
const keptOrTyped = (typed: string, before: Contact["attrs"][string] | undefined) =>
  before !== undefined && String(before ?? "") === typed ? before : orNull(typed);

/** What is sent: empty texts are null; attributes that were there before and are gone are null, which removes them. */
export const bodyOf = (fields: ContactFields, before?: Contact): ActionParams<"contacts.create"> => ({
  firstName: orNull(fields.firstName),
  lastName: orNull(fields.lastName),
  orgName: orNull(fields.orgName),
  email: orNull(fields.email),
  phone: orNull(fields.phone),
  kind: fields.kind,
  ...(fields.communityId === "" ? {} : { communityId: fields.communityId }),
  stage: fields.stage as NonNullable<ActionParams<"contacts.create">["stage"]>,
  timezone: orNull(fields.timezone),
  tags: fields.tags,
  attrs: {
    ...Object.fromEntries(Object.keys(before?.attrs ?? {}).map((name) => [name, null])),
    ...Object.fromEntries(
      fields.attrs
        .filter(({ name }) => name.trim() !== "")
        .map(({ name, value }) => [name.trim(), keptOrTyped(value, before?.attrs[name.trim()])]),
    ),
  },
});
