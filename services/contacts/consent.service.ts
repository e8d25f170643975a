// Consent and suppressions: what may be sent to whom, and the evidence for it.
import { service } from "../../shared/broker/service.ts";
import { liftSuppression } from "./consent/lift-suppression.ts";
import { listSuppressedAddresses } from "./consent/list-suppressed-addresses.ts";
import { recordConsent } from "./consent/record-consent.ts";
import { showLedger } from "./consent/show-ledger.ts";
import { suppressAddress } from "./consent/suppress-address.ts";
import { suppressionsCsv } from "./consent/suppressions-csv.ts";
import { suppressionsOfContact } from "./consent/suppressions-of-contact.ts";

export default service("consent", {
  actions: {
    listSuppressions: (ctx, deps) => listSuppressedAddresses(deps, ctx.params),
    suppressionsCsv: (ctx, deps) => suppressionsCsv(deps, ctx.params),
    suppressionsOf: (ctx, deps) => suppressionsOfContact(deps, ctx.params),
    suppress: (ctx, deps) => suppressAddress(deps, ctx.params),
    unsuppress: (ctx, deps) => liftSuppression(deps, ctx.params),
    ledger: (ctx, deps) => showLedger(deps, ctx.params),
    record: (ctx, deps) => recordConsent(deps, ctx.params),
  },
});
