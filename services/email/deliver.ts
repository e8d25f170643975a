// Email's way out of the pipeline: lays a mail out once per content and sender, fills it per person, hands it over.
import type { Db } from "../../shared/db/knex.ts";
import type { Clock } from "../../shared/lib/clock.ts";
import { returnPath } from "../../shared/lib/return-path.ts";
import { messageToken } from "../../shared/lib/tokens.ts";
import type { CompiledContent } from "../../shared/messaging/compile.ts";
import { isConfidential, revealed } from "../../shared/messaging/confidential.ts";
import { contentCache } from "../../shared/messaging/contents.ts";
import type { Dispatch } from "../../shared/messaging/dispatches.ts";
import type { Outcome } from "../../shared/messaging/outcomes.ts";
import type { OutgoingMessage, Transport } from "../../shared/messaging/transport.ts";
import { mailParts } from "./mail-parts.ts";
import { layOutMail, type MailFrame, type RenderMail } from "./mime.ts";
import type { EmailProvider, OutgoingMail } from "./providers/provider.ts";

export interface DeliverDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly publicUrl: string;
  readonly secretKeys: readonly string[];
  /** Where servers report what did not arrive; without it the sender's own address gets the reports. */
  readonly bounceAddress?: string | undefined;
}

interface Layout {
  readonly frame: MailFrame;
  readonly content: CompiledContent;
  readonly render: RenderMail;
}

/** A content that cannot be read now may be readable later. */
const notMade = (error: Error): Outcome => ({
  kind: "transient",
  detail: `The mail could not be made: ${error.message}`,
});

const REMEMBERED = 100;

/** Makes something at the first call only. */
const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

/** The `Message-ID` of a message: derived from its row, so every try of it has the same one. */
export const messageIdOf = (id: string, fromAddress: string): string =>
  `<${id}@${fromAddress.slice(fromAddress.lastIndexOf("@") + 1)}>`;

/** Transport over an email provider. */
export const createEmailTransport = (deps: DeliverDeps, provider: EmailProvider): Transport => {
  const contents = contentCache(deps.db);
  const layouts = new Map<string, Promise<Layout>>();

  const layout = (contentId: string, dispatch: Dispatch, confidential: boolean): Promise<Layout> => {
    const { sender, bulk } = dispatch;
    const key = JSON.stringify([contentId, bulk, confidential, sender.fromName, sender.fromAddress, sender.replyTo]);
    let entry = layouts.get(key);
    if (!entry) {
      const frame = {
        from: { name: sender.fromName, address: sender.fromAddress },
        replyTo: sender.replyTo ?? undefined,
        bulk,
        confidential,
      };
      entry = contents
        .get(contentId, bulk)
        .then(async (content) => ({ frame, content, render: await layOutMail(frame, content) }));
      entry.catch(() => layouts.delete(key));
      layouts.set(key, entry);
      const oldest = layouts.keys().next().value;
      if (layouts.size > REMEMBERED && oldest !== undefined) layouts.delete(oldest);
    }
    return entry;
  };

  const mailFor = async (message: OutgoingMessage): Promise<OutgoingMail> => {
    const { dispatch, id } = message;
    const contentId = message.contentId ?? dispatch.contentId;
    if (!contentId) throw new Error(`message ${id} has no content`);
    const { frame, content, render } = await layout(contentId, dispatch, isConfidential(message.vars));
    const unsubscribeUrl = dispatch.bulk
      ? `${deps.publicUrl}/u/${messageToken(deps.secretKeys, "unsubscribe", id)}`
      : "";
    const links: string[] = [];
    const linkTo = (index: number) =>
      (links[index] ??= `${deps.publicUrl}/t/c/${messageToken(deps.secretKeys, "click", id, index)}`);
    const values = {
      ...(message.vars && revealed(deps.secretKeys, message.vars)),
      unsubscribeUrl,
      postalAddress: dispatch.sender.postalAddress ?? "",
      pixelUrl: dispatch.bulk ? `${deps.publicUrl}/t/o/${messageToken(deps.secretKeys, "open", id)}.gif` : "",
    };
    const facts = {
      to: message.address,
      messageId: messageIdOf(id, dispatch.sender.fromAddress),
      date: deps.clock.now(),
      unsubscribeUrl,
    };
    return {
      envelope: {
        from:
          deps.bounceAddress === undefined
            ? dispatch.sender.fromAddress
            : returnPath(deps.secretKeys, deps.bounceAddress, id),
        to: message.address,
      },
      key: id,
      deadline: message.deadline,
      raw: once(() => render(facts, values, linkTo)),
      parts: once(() => mailParts(frame, content, facts, values, linkTo)),
    };
  };

  return {
    name: provider.name,
    concurrency: provider.concurrency,
    async prepare(message) {
      try {
        const mail = await mailFor(message);
        provider.prepare(mail);
        return () => provider.send(mail);
      } catch (error) {
        return async () => notMade(error as Error);
      }
    },
    status: () => provider.status?.() ?? [],
    close: () => provider.close(),
  };
};
