// Contacts: people and businesses.
import { service } from "../../shared/broker/service.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { exportContact } from "./activity/export-contact.ts";
import { listActivity } from "./activity/list-activity.ts";
import { contactFields } from "./contacts/contact-fields.ts";
import { createContact } from "./contacts/create-contact.ts";
import { contactFacets } from "./contacts/facets/count-facets.ts";
import { fieldValues } from "./contacts/field-values.ts";
import { getContact } from "./contacts/get-contact.ts";
import { listContacts } from "./contacts/list-contacts.ts";
import { removeContact } from "./contacts/remove-contact.ts";
import { updateContact } from "./contacts/update-contact.ts";
import { requestErasure } from "./erasure/request-erasure.ts";
import { runErasure } from "./erasure/run-erasure.ts";

export default service("contacts", {
  actions: {
    list: (ctx, deps) => listContacts(deps, ctx.params),
    get: (ctx, deps) => getContact(deps, ctx.params),
    create: (ctx, deps) => createContact(deps, ctx.params),
    update: (ctx, deps) => updateContact(deps, ctx.params),
    remove: (ctx, deps) => removeContact(deps, ctx.params),
    activity: (ctx, deps) => listActivity(deps, ctx.params),
    export: (ctx, deps) => exportContact(deps, ctx.params, ctx.meta.caller),
    erase: (ctx, deps) => requestErasure(deps, ctx.params, ctx.meta.caller),
    facets: (ctx, deps) => contactFacets(deps, ctx.params),
    values: (ctx, deps) => fieldValues(deps, ctx.params),
    fields: (_ctx, deps) => contactFields(deps),
  },
  jobs: [
    // Attempts are many because a killed worker uses one up; waiting for others uses none.
    defineJob({ name: "contacts.erase", handler: runErasure, attempts: 50, timeoutMs: 30 * 60_000, concurrency: 2 }),
  ],
});
