// What a caller gives for a contact, brought to one spelling per email, number and time zone before anything is compared
// or stored. Wrong fields are collected, so that a caller learns of all of them at once.
import type { z } from "zod";
import type { contacts } from "../../../shared/contracts/contacts.ts";
import { type FieldError, fail } from "../../../shared/contracts/errors.ts";
import { normaliseEmail } from "../../../shared/lib/email-address.ts";
import { normalisePhone } from "../../../shared/lib/phone.ts";
import { normaliseTimezone } from "../../../shared/lib/timezone.ts";

export type CreateParams = z.output<typeof contacts.actions.create.params>;
export type UpdateParams = z.output<typeof contacts.actions.update.params>;
type Given = Omit<CreateParams, "consent"> & { readonly id?: string };

/** Columns of contacts.contacts that were given; absent ones stay as they are. */
export interface ContactColumns {
  email?: string | null;
  phone?: string | null;
  first_name?: string | null;
  last_name?: string | null;
  org_name?: string | null;
  kind?: "person" | "business";
  community_id?: string;
  timezone?: string | null;
  stage?: string;
  external_id?: string | null;
}

const MAX_ATTRS = 200;
const emptyIsNull = (value: string | null): string | null => (value === "" ? null : value);

/** The columns for what is given. Throws VALIDATION_FAILED with a path per wrong field. */
export const contactColumns = (given: Given): ContactColumns => {
  const columns: ContactColumns = {};
  const errors: FieldError[] = [];
  const refuse = (path: string, message: string) => errors.push({ path, message });
  if (given.email !== undefined) {
    const result = given.email ? normaliseEmail(given.email) : { email: null };
    if ("problem" in result) refuse("email", result.problem);
    else columns.email = result.email;
  }
  if (given.phone !== undefined) {
    const result = given.phone ? normalisePhone(given.phone) : { phone: null };
    if ("problem" in result) refuse("phone", result.problem);
    else columns.phone = result.phone;
  }
  if (given.timezone !== undefined) {
    const zone = given.timezone ? normaliseTimezone(given.timezone) : null;
    if (zone === undefined)
      refuse("timezone", `found ${JSON.stringify(given.timezone)}; expected a time zone such as Europe/Berlin`);
    else columns.timezone = zone;
  }
  if (Object.keys(given.attrs ?? {}).length > MAX_ATTRS)
    refuse("attrs", `found ${Object.keys(given.attrs ?? {}).length} attributes; expected at most ${MAX_ATTRS}`);
  if (errors.length > 0)
    throw fail("VALIDATION_FAILED", errors.map((e) => `${e.path}: ${e.message}`).join(". "), { errors });
  if (given.firstName !== undefined) columns.first_name = emptyIsNull(given.firstName);
  if (given.lastName !== undefined) columns.last_name = emptyIsNull(given.lastName);
  if (given.orgName !== undefined) columns.org_name = emptyIsNull(given.orgName);
  if (given.kind !== undefined) columns.kind = given.kind;
  if (given.communityId !== undefined) columns.community_id = given.communityId;
  if (given.stage !== undefined) columns.stage = given.stage;
  if (given.externalId !== undefined) columns.external_id = given.externalId;
  return columns;
};

/** Throws VALIDATION_FAILED when a contact would have nothing that tells it from another one. */
export const requireIdentity = (contact: Pick<ContactColumns, "email" | "phone" | "external_id">): void => {
  if (contact.email || contact.phone || contact.external_id) return;
  throw fail("VALIDATION_FAILED", "A contact needs at least an email, a phone or an externalId; none is left.", {
    errors: ["email", "phone", "externalId"].map((path) => ({
      path,
      message: "give at least one of email, phone and externalId",
    })),
  });
};
