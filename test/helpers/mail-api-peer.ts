// Local servers that speak Resend's and Postmark's JSON APIs as their documentation describes them, for the conformance
// suite: credentials, answers, error codes, and Resend's idempotency keys.
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type Behaviour, createScript, type MailPeer, SECRET, type TakenMail } from "./mail-peer.ts";

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Vendor {
  readonly path: string;
  believes(headers: IncomingHttpHeaders): boolean;
  readonly badCredentials: Answer;
  readonly refusals: Partial<Record<Behaviour, Answer>>;
  /** The answer to a mail that was taken before under its key, if the vendor keeps such keys. */
  again?(headers: IncomingHttpHeaders, body: string): Answer | undefined;
  /** Takes it. */
  take(
    headers: IncomingHttpHeaders,
    body: string,
    number: number,
  ): { readonly mail: TakenMail; readonly answer: Answer };
}

const startPeer = async (vendor: Vendor, host = "127.0.0.1"): Promise<MailPeer> => {
  const script = createScript();
  const taken: TakenMail[] = [];
  let believed = true;

  const server = createServer(async (request, response) => {
    const send = ({ status, body, headers }: Answer) =>
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
    if (request.method !== "POST" || request.url !== vendor.path)
      return send({ status: 404, body: { message: "no such endpoint" } });
    if (!believed || !vendor.believes(request.headers)) return send(vendor.badCredentials);
    const behaviour = script.next();
    if (behaviour === "drop") return request.socket.destroy();
    const body = await text(request);
    const refusal = vendor.refusals[behaviour];
    if (refusal) return send(refusal);
    let answer = vendor.again?.(request.headers, body);
    if (!answer) {
      const { mail, answer: made } = vendor.take(request.headers, body, taken.length + 1);
      taken.push(mail);
      answer = made;
    }
    if (behaviour === "take-then-drop") return request.socket.destroy();
    return behaviour === "take-then-silence" ? undefined : send(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    taken,
    get asked() {
      return script.asked;
    },
    behave: script.behave,
    believe(credentials) {
      believed = credentials;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

interface ResendMail {
  readonly to: readonly string[];
  readonly subject: string;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: readonly { readonly name: string; readonly value: string }[];
}

const resendError = (statusCode: number, name: string, message: string): Answer => ({
  status: statusCode,
  body: { statusCode, name, message },
});

/** Starts a server that speaks Resend's API, on an address of this machine. */
export const startResendPeer = (host?: string): Promise<MailPeer> => {
  const known = new Map<string, { readonly body: string; readonly answer: Answer }>();
  const keyOf = (headers: IncomingHttpHeaders) => String(headers["idempotency-key"] ?? "");
  return startPeer(
    {
      path: "/emails",
      believes: ({ authorization }) => authorization === `Bearer ${SECRET}`,
      badCredentials: resendError(403, "invalid_api_key", "API key is invalid"),
      refusals: {
        reject: resendError(422, "validation_error", "Invalid `to` field."),
        throttle: {
          ...resendError(429, "rate_limit_exceeded", "Too many requests."),
          headers: { "retry-after": "1" },
        },
        fail: resendError(500, "internal_server_error", "An unexpected error occurred."),
      },
      again: (headers, body) => {
        const before = known.get(keyOf(headers));
        if (!before) return undefined;
        return before.body === body
          ? before.answer
          : resendError(409, "invalid_idempotent_request", "This key was used with another payload.");
      },
      take: (headers, body, number) => {
        const mail = JSON.parse(body) as ResendMail;
        const answer: Answer = { status: 200, body: { id: `resend-${number}` } };
        if (keyOf(headers)) known.set(keyOf(headers), { body, answer });
        return {
          mail: {
            to: mail.to.join(),
            subject: mail.subject,
            html: mail.html,
            listUnsubscribe: mail.headers["List-Unsubscribe"],
            key: mail.tags.find(({ name }) => name === "lc_message")?.value,
          },
          answer,
        };
      },
    },
    host,
  );
};

interface PostmarkMail {
  readonly To: string;
  readonly Subject: string;
  readonly HtmlBody: string;
  readonly Headers: readonly { readonly Name: string; readonly Value: string }[];
  readonly Metadata: Readonly<Record<string, string>>;
}

const postmarkError = (status: number, ErrorCode: number, Message: string): Answer => ({
  status,
  body: { ErrorCode, Message },
});

/** Starts a server that speaks Postmark's API. */
export const startPostmarkPeer = (): Promise<MailPeer> =>
  startPeer({
    path: "/email",
    believes: (headers) => headers["x-postmark-server-token"] === SECRET,
    badCredentials: postmarkError(401, 10, "No Account or Server API tokens were supplied in the HTTP headers."),
    refusals: {
      reject: postmarkError(422, 406, "You tried to send to a recipient that has been marked as inactive."),
      throttle: { ...postmarkError(429, 429, "Rate limit exceeded"), headers: { "retry-after": "1" } },
      fail: postmarkError(503, 100, "Down for maintenance"),
    },
    take: (_headers, body, number) => {
      const mail = JSON.parse(body) as PostmarkMail;
      return {
        mail: {
          to: mail.To,
          subject: mail.Subject,
          html: mail.HtmlBody,
          listUnsubscribe: mail.Headers.find(({ Name }) => Name === "List-Unsubscribe")?.Value,
          key: mail.Metadata["lc-message"],
        },
        answer: {
          status: 200,
          body: { ErrorCode: 0, Message: "OK", MessageID: `postmark-${number}`, To: mail.To, SubmittedAt: "" },
        },
      };
    },
  });
