// Single messages through the same door as campaigns: one row each, once per idempotency key, alerts ahead of all else.
import type { Deps } from "../../../shared/broker/deps.ts";
import type { Campaign } from "../../../shared/contracts/campaigns.ts";
import { type FieldError, fail } from "../../../shared/contracts/errors.ts";
import type { MessageState } from "../../../shared/contracts/messages.ts";
import { enqueue } from "../../../shared/jobs/enqueue.ts";
import { normaliseEmail } from "../../../shared/lib/email-address.ts";
import { freezeContent } from "../../../shared/messaging/contents.ts";
import { singleDispatch } from "../../../shared/messaging/dispatches.ts";
import { addSingles, type SingleRequest } from "../../../shared/messaging/ledger.ts";
import { defaultSender } from "../../../shared/messaging/sender-accounts.ts";
import { launchRefusal } from "../campaigns/preflight.ts";
import { contactVars } from "../campaigns/store.ts";
import { compiledSingle, emailContent, requireEmail } from "../content.ts";

export interface OneMessage {
  readonly channel: string;
  readonly to?: string | undefined;
  readonly contactId?: string | undefined;
  readonly content?: Campaign["content"] | undefined;
  readonly templateId?: string | undefined;
  readonly vars?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly kind?: "transactional" | "alert" | undefined;
}

export interface SendInput extends Omit<OneMessage, "channel"> {
  readonly channel?: string | undefined;
  readonly messages?: readonly OneMessage[] | undefined;
  readonly idempotencyKey?: string | undefined;
}

type Sent = { id: string; state: MessageState };

const wrong = (errors: readonly FieldError[]) =>
  fail("VALIDATION_FAILED", errors.map((e) => `${e.path}: ${e.message}`).join("; "), { errors });

const addressOf = async (
  deps: Deps,
  message: OneMessage,
  at: string,
): Promise<{ address: string | null; contactId: string | null; vars: Record<string, string> }> => {
  if ((message.to === undefined) === (message.contactId === undefined))
    throw wrong([{ path: `${at}to`, message: "give exactly one of to and contactId" }]);
  if (message.to !== undefined) {
    const result = normaliseEmail(message.to);
    if ("problem" in result) throw wrong([{ path: `${at}to`, message: result.problem }]);
    return { address: result.email, contactId: null, vars: {} };
  }
  const vars = await contactVars(deps.db, message.contactId as string);
  if (!vars) throw wrong([{ path: `${at}contactId`, message: `no contact has the id ${message.contactId}` }]);
  return { address: vars["email"] ?? null, contactId: message.contactId as string, vars };
};

/** Checks one message and freezes its content. `at` is the path prefix for errors. */
const prepare = async (
  deps: Deps,
  message: OneMessage,
  at: string,
  idempotencyKey: string | null,
): Promise<SingleRequest> => {
  requireEmail(message.channel, `${at}channel`);
  if (message.content === undefined && message.templateId === undefined)
    throw wrong([{ path: `${at}content`, message: "give content or templateId" }]);
  if (message.content !== undefined && message.templateId !== undefined)
    throw wrong([{ path: `${at}templateId`, message: "cannot be given together with content; take one of them out" }]);
  const content = await emailContent(
    deps.db,
    message.content ?? { templateId: message.templateId as string },
    `${at}content`,
    `${at}templateId`,
  );
  const own = Object.fromEntries(Object.entries(message.vars ?? {}).map(([key, value]) => [key, String(value)]));
  const compiled = compiledSingle(content, Object.keys(own), `${at}content.`);
  const { address, contactId, vars } = await addressOf(deps, message, at);
  const values: Record<string, string> = { ...(address === null ? {} : { email: address }), ...vars, ...own };
  const missing = compiled.required.filter((field) => !values[field]);
  if (missing.length > 0)
    throw wrong(
      missing.map((field) => ({
        path: `${at}vars.${field}`,
        message: `is missing; the content uses {{${field}}} without a default`,
      })),
    );
  const contentId = await freezeContent(deps.db, deps.id(), {
    channel: message.channel as "email",
    ...content,
    links: [],
  });
  const kind = message.kind ?? "transactional";
  return {
    id: deps.id(),
    source: kind,
    sourceId: singleDispatch[kind],
    channel: "email",
    contactId,
    address,
    contentId,
    vars: Object.fromEntries(compiled.fields.map((field) => [field, values[field]])),
    idempotencyKey,
  };
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
  const requests: SingleRequest[] = [];
  for (const [i, message] of list.entries())
    requests.push(await prepare(deps, message, messages ? `messages.${i}.` : "", keyOf(messages ? `#${i}` : "")));
  const sent = await deps.db.transaction(async (trx) => {
    const added = await addSingles(trx, requests);
    const lane = list.some((m) => m.kind === "alert") ? "high" : "normal";
    await enqueue(trx, "email.send-batch", {}, { uniqueKey: `wake-${lane}`, until: "started", lane });
    return added as readonly Sent[];
  });
  return messages ? { messages: [...sent] } : { ...(sent[0] as Sent) };
};
