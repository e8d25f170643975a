// Postmark over its JSON API. It has no idempotency key, so silence after the hand-over is `unknown` and stays it:
// the message's id goes along as metadata and as Message-ID, for callbacks and for somebody who looks it up.
import { createHttpCaller } from "./http-call.ts";
import { mailbox } from "./mailbox.ts";
import { postmarkOutcome } from "./postmark-answer.ts";
import type { EmailProvider, MailParts, Trace } from "./provider.ts";

export interface PostmarkOptions {
  readonly token: string;
  readonly url: string;
  /** Message stream of bulk mail; single messages go by `outbound`, as Postmark demands. */
  readonly bulkStream: string;
  /** Milliseconds to wait for an answer; below the lease, so that the answer still finds its message. */
  readonly answerMs: number;
  /** Calls at once; default 8. */
  readonly connections?: number;
  readonly trace?: Trace;
}

/** The metadata that comes back with callbacks: which message an event is about. */
export const MESSAGE_METADATA = "lc-message";

const payloadOf = (mail: MailParts, key: string, bulkStream: string) => ({
  From: mailbox(mail.from),
  To: mail.to,
  Subject: mail.subject,
  ...(mail.html ? { HtmlBody: mail.html } : {}),
  TextBody: mail.text,
  ...(mail.replyTo ? { ReplyTo: mail.replyTo } : {}),
  Headers: Object.entries({ ...mail.headers, "Message-ID": mail.messageId, "X-PM-KeepID": "true" }).map(
    ([Name, Value]) => ({ Name, Value }),
  ),
  Metadata: { [MESSAGE_METADATA]: key },
  MessageStream: mail.bulk ? bulkStream : "outbound",
  // Links and the pixel are ours already.
  TrackOpens: false,
  TrackLinks: "None",
});

/** Postmark as a provider. */
export const createPostmarkProvider = (options: PostmarkOptions): EmailProvider => {
  const connections = options.connections ?? 8;
  const caller = createHttpCaller(options.url, connections, options.trace);
  return {
    name: "postmark",
    concurrency: connections,
    prepare: (mail) => void mail.parts(),
    async send(mail) {
      const word = await caller.post({
        path: "/email",
        headers: { "X-Postmark-Server-Token": options.token, Accept: "application/json" },
        body: payloadOf(mail.parts(), mail.key, options.bulkStream),
        timeoutMs: options.answerMs,
        deadline: mail.deadline,
      });
      return postmarkOutcome(word);
    },
    async close() {
      caller.close();
    },
  };
};
