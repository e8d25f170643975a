// Contacts: people and businesses.
import { service } from "../../shared/broker/service.ts";
import { contactFields } from "./contacts/contact-fields.ts";
import { createContact } from "./contacts/create-contact.ts";
import { contactFacets } from "./contacts/facets/count-facets.ts";
import { fieldValues } from "./contacts/field-values.ts";
import { getContact } from "./contacts/get-contact.ts";
import { listContacts } from "./contacts/list-contacts.ts";
import { removeContact } from "./contacts/remove-contact.ts";
import { updateContact } from "./contacts/update-contact.ts";

export default service("contacts", {
  actions: {
    list: (ctx, deps) => listContacts(deps, ctx.params),
    get: (ctx, deps) => getContact(deps, ctx.params),
    create: (ctx, deps) => createContact(deps, ctx.params),
    update: (ctx, deps) => updateContact(deps, ctx.params),
    remove: (ctx, deps) => removeContact(deps, ctx.params),
    facets: (ctx, deps) => contactFacets(deps, ctx.params),
    values: (ctx, deps) => fieldValues(deps, ctx.params),
    fields: (_ctx, deps) => contactFields(deps),
  },
});
