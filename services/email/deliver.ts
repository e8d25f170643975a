// Email's way out of the pipeline: lays a mail out once per content and sender, fills it per person, hands it over.
import type { Db } from "../../shared/db/knex.ts";
import type { Clock } from "../../shared/lib/clock.ts";
import { messageToken } from "../../shared/lib/tokens.ts";
import { contentCache } from "../../shared/messaging/contents.ts";
import type { Dispatch } from "../../shared/messaging/dispatches.ts";
import type { OutgoingMessage, Transport } from "../../shared/messaging/transport.ts";
import { layOutMail, type RenderMail } from "./mime.ts";
import type { EmailProvider } from "./providers/provider.ts";

export interface DeliverDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly publicUrl: string;
  readonly secretKeys: readonly string[];
}

const REMEMBERED = 100;

/** The `Message-ID` of a message: derived from its row, so every try of it has the same one. */
export const messageIdOf = (id: string, fromAddress: string): string =>
  `<${id}@${fromAddress.slice(fromAddress.lastIndexOf("@") + 1)}>`;

/** Transport over an email provider. */
export const createEmailTransport = (deps: DeliverDeps, provider: EmailProvider): Transport => {
  const contents = contentCache(deps.db);
  const layouts = new Map<string, Promise<RenderMail>>();

  const layout = (contentId: string, dispatch: Dispatch): Promise<RenderMail> => {
    const { sender, bulk } = dispatch;
    const key = JSON.stringify([contentId, bulk, sender.fromName, sender.fromAddress, sender.replyTo]);
    let entry = layouts.get(key);
    if (!entry) {
      const frame = {
        from: { name: sender.fromName, address: sender.fromAddress },
        replyTo: sender.replyTo ?? undefined,
        bulk,
      };
      entry = contents.get(contentId, bulk).then((content) => layOutMail(frame, content));
      entry.catch(() => layouts.delete(key));
      layouts.set(key, entry);
      const oldest = layouts.keys().next().value;
      if (layouts.size > REMEMBERED && oldest !== undefined) layouts.delete(oldest);
    }
    return entry;
  };

  const renderFor = async (message: OutgoingMessage): Promise<Buffer> => {
    const { dispatch, id } = message;
    const contentId = message.contentId ?? dispatch.contentId;
    if (!contentId) throw new Error(`message ${id} has no content`);
    const render = await layout(contentId, dispatch);
    const unsubscribeUrl = dispatch.bulk
      ? `${deps.publicUrl}/u/${messageToken(deps.secretKeys, "unsubscribe", id)}`
      : "";
    const links: string[] = [];
    const linkTo = (index: number) =>
      (links[index] ??= `${deps.publicUrl}/t/c/${messageToken(deps.secretKeys, "click", id, index)}`);
    const values = {
      ...message.vars,
      unsubscribeUrl,
      postalAddress: dispatch.sender.postalAddress ?? "",
      pixelUrl: dispatch.bulk ? `${deps.publicUrl}/t/o/${messageToken(deps.secretKeys, "open", id)}.gif` : "",
    };
    return render(
      {
        to: message.address,
        messageId: messageIdOf(id, dispatch.sender.fromAddress),
        date: deps.clock.now(),
        unsubscribeUrl,
      },
      values,
      linkTo,
    );
  };

  return {
    name: provider.name,
    concurrency: provider.concurrency,
    async deliver(message) {
      let raw: Buffer;
      try {
        raw = await renderFor(message);
      } catch (error) {
        // Nothing has left the building: a content that cannot be read now may be readable later.
        return { kind: "transient", detail: `The mail could not be made: ${(error as Error).message}` };
      }
      return provider.send({
        envelope: { from: message.dispatch.sender.fromAddress, to: message.address },
        raw,
        key: message.id,
      });
    },
    close: () => provider.close(),
  };
};
