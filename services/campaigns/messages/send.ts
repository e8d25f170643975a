// Single messages through the same door as campaigns: one row each, once per idempotency key, alerts ahead of all else.
import type { Deps } from "../../../shared/broker/deps.ts";
import type { Campaign } from "../../../shared/contracts/campaigns.ts";
import { type FieldError, fail } from "../../../shared/contracts/errors.ts";
import type { MessageState } from "../../../shared/contracts/messages.ts";
import { enqueue } from "../../../shared/jobs/enqueue.ts";
import { normaliseEmail } from "../../../shared/lib/email-address.ts";
import { aboutContact } from "../../../shared/messaging/about.ts";
import { freezeContents } from "../../../shared/messaging/contents.ts";
import { singleDispatch } from "../../../shared/messaging/dispatches.ts";
import { addSingles, type SingleRequest } from "../../../shared/messaging/ledger.ts";
import { defaultSender } from "../../../shared/messaging/sender-accounts.ts";
import { launchRefusal } from "../campaigns/preflight.ts";
import { contactsByEmail, contactVars } from "../campaigns/store.ts";
import { compiledSingle, type EmailContent, emailContent, requireEmail } from "../content.ts";

export interface OneMessage {
  readonly channel: string;
  readonly to?: string | undefined;
  readonly contactId?: string | undefined;
  readonly content?: Campaign["content"] | undefined;
  readonly templateId?: string | undefined;
  readonly vars?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly kind?: "transactional" | "alert" | undefined;
  /** The contact whose values are shown to somebody else: erasing the contact finds the message by it. */
  readonly about?: string | undefined;
}

export interface SendInput extends Omit<OneMessage, "channel"> {
  readonly channel?: string | undefined;
  readonly messages?: readonly OneMessage[] | undefined;
  readonly idempotencyKey?: string | undefined;
}

type Sent = { id: string; state: MessageState };

const wrong = (errors: readonly FieldError[]) =>
  fail("VALIDATION_FAILED", errors.map((e) => `${e.path}: ${e.message}`).join("; "), { errors });

interface Recipient {
  readonly address: string | null;
  readonly contactId: string | null;
  readonly vars: Readonly<Record<string, string>>;
}

type People = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** Whom an address may stand for: anybody, or for a limited caller the people they see and themselves. */
type Addressees = ((email: string) => { readonly contactId: string | null } | undefined) | undefined;

const addresseesOf = async (deps: Deps, list: readonly Pick<OneMessage, "to">[]): Promise<Addressees> => {
  const { scope } = deps;
  if (!scope) return undefined;
  const emails = list.flatMap(({ to }) => {
    const found = to === undefined ? undefined : normaliseEmail(to);
    return found && "email" in found ? [found.email] : [];
  });
  const known = await contactsByEmail(deps.db, [...new Set(emails)], scope);
  return (email) => {
    const contactId = known.get(email) ?? null;
    return contactId !== null || email === scope.ownAddress ? { contactId } : undefined;
  };
};

const stranger = "is nobody of your communities; add the person first, or write to your own address";

/** Throws VALIDATION_FAILED, with paths such as `to.0`, unless the caller may write to all these addresses. */
export const demandAddressees = async (deps: Deps, emails: readonly string[]): Promise<void> => {
  const addressees = await addresseesOf(
    deps,
    emails.map((to) => ({ to })),
  );
  const errors = emails.flatMap((email, i) =>
    addressees && !addressees(email) ? [{ path: `to.${i}`, message: stranger }] : [],
  );
  if (errors.length > 0) throw wrong(errors);
};

const recipientOf = (people: People, addressees: Addressees, { to, contactId }: OneMessage, at: string): Recipient => {
  if (to !== undefined && contactId === undefined) {
    const result = normaliseEmail(to);
    if ("problem" in result) throw wrong([{ path: `${at}to`, message: result.problem }]);
    const who = addressees ? addressees(result.email) : { contactId: null };
    if (!who)
      throw wrong([
        {
          path: `${at}to`,
          message: stranger,
        },
      ]);
    return { address: result.email, contactId: who.contactId, vars: {} };
  }
  if (to !== undefined || contactId === undefined)
    throw wrong([{ path: `${at}to`, message: "give exactly one of to and contactId" }]);
  const vars = people.get(contactId);
  if (!vars) throw wrong([{ path: `${at}contactId`, message: `no contact has the id ${contactId}` }]);
  return { address: vars["email"] ?? null, contactId, vars };
};

/** What messages say, reading each template once however many of them use it. */
const contentReader = (deps: Deps) => {
  const templates = new Map<string, Promise<EmailContent>>();
  return ({ channel, content, templateId }: OneMessage, at: string): Promise<EmailContent> => {
    requireEmail(channel, `${at}channel`);
    if (content === undefined && templateId === undefined)
      throw wrong([{ path: `${at}content`, message: "give content or templateId" }]);
    if (content !== undefined && templateId !== undefined)
      throw wrong([
        { path: `${at}templateId`, message: "cannot be given together with content; take one of them out" },
      ]);
    const read = () =>
      emailContent(
        deps.db,
        content ?? { templateId: templateId as string },
        `${at}content`,
        content === undefined ? `${at}templateId` : undefined,
      );
    if (templateId === undefined) return read();
    const known = templates.get(templateId) ?? read();
    templates.set(templateId, known);
    return known;
  };
};

/** The merge values that this content needs of this person. Throws for what is missing. */
const valuesFor = (content: EmailContent, message: OneMessage, recipient: Recipient, at: string) => {
  const own = Object.fromEntries(Object.entries(message.vars ?? {}).map(([key, value]) => [key, String(value)]));
  const compiled = compiledSingle(content, Object.keys(own), `${at}content.`);
  const { address, vars } = recipient;
  const values: Record<string, string> = { ...(address === null ? {} : { email: address }), ...vars, ...own };
  const missing = compiled.required.filter((field) => !values[field]);
  if (missing.length > 0)
    throw wrong(
      missing.map((field) => ({
        path: `${at}vars.${field}`,
        message: `is missing; the content uses {{${field}}} without a default`,
      })),
    );
  return Object.fromEntries(compiled.fields.map((field) => [field, values[field]]));
};

/** Checks all messages and freezes their contents: one statement for all people, one for all contents. */
const prepare = async (
  deps: Deps,
  list: readonly OneMessage[],
  pathOf: (position: number) => string,
  keyOf: (position: number) => string | null,
): Promise<readonly SingleRequest[]> => {
  const people = await contactVars(deps.db, [...new Set(list.flatMap(({ contactId }) => contactId ?? []))], deps.scope);
  const addressees = await addresseesOf(deps, list);
  const read = contentReader(deps);
  const checked: { content: EmailContent; vars: Record<string, string | undefined>; recipient: Recipient }[] = [];
  for (const [i, message] of list.entries()) {
    const content = await read(message, pathOf(i));
    const recipient = recipientOf(people, addressees, message, pathOf(i));
    checked.push({ content, vars: valuesFor(content, message, recipient, pathOf(i)), recipient });
  }
  const contentIds = await freezeContents(
    deps.db,
    deps.id,
    checked.map(({ content }) => ({ channel: "email", ...content, links: [] })),
  );
  return checked.map(({ vars, recipient: { address, contactId } }, i) => {
    const kind = list[i]?.kind ?? "transactional";
    return {
      id: deps.id(),
      source: kind,
      sourceId: singleDispatch[kind],
      channel: "email",
      contactId,
      address,
      contentId: contentIds[i] as string,
      vars: aboutContact(vars, list[i]?.about),
      idempotencyKey: keyOf(i),
    };
  });
};

/** Sends one message, or all of `messages` together: all are taken or none. */
export const sendMessages = async (
  deps: Deps,
  input: SendInput,
  requestKey: string | undefined,
  caller = "within",
): Promise<{ id?: string; state?: MessageState; messages?: Sent[] }> => {
  const { messages, idempotencyKey, ...one } = input;
  const chosen = idempotencyKey ?? requestKey;
  // The position stands before the key, where nobody's own key can look like it.
  const keyOf = (position: string) => (chosen === undefined ? null : `${caller}${position}:${chosen}`);
  if (
    messages !== undefined &&
    Object.keys(one).some((field) => one[field as keyof typeof one] !== undefined && field !== "kind")
  )
    throw wrong([
      { path: "messages", message: "cannot be given together with a single message; put everything into messages" },
    ]);
  if (messages === undefined && one.channel === undefined)
    throw wrong([{ path: "channel", message: 'is missing; expected "email"' }]);
  const refusal = launchRefusal(await defaultSender(deps.db, "email"));
  if (refusal) throw refusal;
  const list = messages ?? [one as OneMessage];
  const requests = await prepare(
    deps,
    list,
    (i) => (messages ? `messages.${i}.` : ""),
    (i) => keyOf(messages ? `#${i}` : ""),
  );
  const sent = await deps.db.transaction(async (trx) => {
    const added = await addSingles(trx, requests);
    const lane = list.some((m) => m.kind === "alert") ? "high" : "normal";
    await enqueue(trx, "email.send-batch", {}, { uniqueKey: `wake-${lane}`, until: "started", lane });
    return added as readonly Sent[];
  });
  return messages ? { messages: [...sent] } : { ...(sent[0] as Sent) };
};
