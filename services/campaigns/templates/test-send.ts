// A template as a test to a few addresses: single messages through the ledger, so suppressions, the allowlist and the
// answer of the server hold as for any other mail. Its footer and links are there to look at; they lead to no person.
import type { Deps } from "../../../shared/broker/deps.ts";
import { config } from "../../../shared/config.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { MessageState } from "../../../shared/contracts/messages.ts";
import { normaliseEmail } from "../../../shared/lib/email-address.ts";
import { withFooter } from "../../../shared/messaging/footer.ts";
import { demandAddressees, sendMessages } from "../messages/send.ts";
import { draftOf } from "./draft.ts";
import { type Attributes, lintDraft, type Person, valuesOf } from "./preview.ts";
import { findTemplate, findVersion } from "./store.ts";

export interface TestInput extends Person {
  readonly id: string;
  readonly to: readonly string[];
  readonly version?: number | undefined;
}

const addresses = (to: readonly string[]): string[] => {
  const found = to.map(normaliseEmail);
  const errors = found.flatMap((one, i) => ("problem" in one ? [{ path: `to.${i}`, message: one.problem }] : []));
  if (errors.length > 0)
    throw fail("VALIDATION_FAILED", errors.map((e) => `${e.path}: ${e.message}`).join("; "), { errors });
  return [...new Set(found.flatMap((one) => ("email" in one ? [one.email] : [])))];
};

/** Puts the test mails into the ledger. Throws TEMPLATE_INVALID, CONTACT_NOT_FOUND, and what sending throws. */
export const sendTest = async (
  deps: Deps,
  { id, to, version, ...person }: TestInput,
  attributes: Attributes,
  requestKey: string | undefined,
  caller: string,
): Promise<{ messages: { id: string; to: string; state: MessageState }[] }> => {
  const recipients = addresses(to);
  await demandAddressees(deps, recipients);
  const draft =
    version === undefined
      ? await draftOf(await findTemplate(deps.db, id))
      : await draftOf(await findVersion(deps.db, id, version, "version"), true);
  const { fields, findings } = await lintDraft(draft, attributes);
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0)
    throw fail("TEMPLATE_INVALID", `The mail cannot be made yet. ${errors.map(({ message }) => message).join(" ")}`, {
      errors: errors.map(({ path, line, message }) => ({
        path,
        message: line === null ? message : `line ${line}: ${message}`,
      })),
    });
  const whole = withFooter(draft);
  // A test's unsubscribe link must not unsubscribe whoever tries it.
  const instead = (text: string) =>
    text.replaceAll(/\{\{\s*unsubscribeUrl\s*(?:\|[^}]*)?\}\}/g, `${config.publicUrl}/u/preview`);
  const content = {
    subject: `[Test] ${draft.subject}`.slice(0, 998),
    html: instead(whole.html ?? ""),
    ...(whole.text?.trim() ? { text: instead(whole.text) } : {}),
  };
  const values = await valuesOf(deps, person, fields);
  // A field that the person lacks would stop a campaign's mail; a test shows where it stands. Without a person, each
  // recipient sees the own address.
  const shown = fields.filter((name) => name !== "email" || person.contactId !== undefined);
  const vars = Object.fromEntries(shown.map((name) => [name, values[name] || `[${name}]`]));
  const { messages = [] } = await sendMessages(
    deps,
    {
      messages: recipients.map((address) => ({
        channel: "email",
        to: address,
        content,
        vars,
        about: person.contactId,
        kind: "transactional" as const,
      })),
    },
    requestKey === undefined ? undefined : `test ${requestKey}`,
    caller,
  );
  return {
    messages: messages.map(({ id: messageId, state }, i) => ({ id: messageId, to: recipients[i] ?? "", state })),
  };
};
