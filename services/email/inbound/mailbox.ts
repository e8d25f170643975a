// The mailbox that reports come to, over IMAP: what is unseen, whole mails, and marking them as seen.
// Credentials go over TLS only; a server on this machine is the exception.
import { ImapFlow } from "imapflow";

export interface Mailbox {
  /** Numbers (UIDs) of unseen mails above `after`, oldest first, at most `limit`. */
  unseen(after: number, limit: number): Promise<readonly number[]>;
  /** Bytes of these mails, each cut at `maxBytes`. */
  read(uids: readonly number[], maxBytes: number): Promise<readonly { uid: number; raw: Buffer }[]>;
  markSeen(uids: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

const timeoutMs = 20_000;
const isHere = (host: string) => host === "localhost" || host === "[::1]" || /^127\./.test(host);

/** Signs in and opens the folder. Throws when the server cannot be reached, refuses, or has no such folder. */
export const openMailbox = async (address: string): Promise<Mailbox> => {
  const url = new URL(address);
  const secure = url.protocol === "imaps:";
  const client = new ImapFlow({
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || (secure ? 993 : 143)),
    secure,
    ...(secure ? {} : { doSTARTTLS: !isHere(url.hostname) }),
    auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
    logger: false,
    disableAutoIdle: true,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  });
  // Told by the rejected command as well; without a listener it would end the process.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.mailboxOpen(decodeURIComponent(url.pathname.slice(1)) || "INBOX");
  } catch (error) {
    client.close();
    // The library says "Command failed"; the server's own words are beside it.
    const { responseText, message } = error as { responseText?: string; message: string };
    throw new Error(`The mailbox of LC_INBOUND_IMAP_URL cannot be opened: ${responseText || message}`);
  }
  return {
    async unseen(after, limit) {
      const found = await client.search({ seen: false, uid: `${after + 1}:*` }, { uid: true });
      // `n:*` names the last mail also when its number is below n.
      return (found || [])
        .filter((uid) => uid > after)
        .sort((a, b) => a - b)
        .slice(0, limit);
    },
    async read(uids, maxBytes) {
      const mails: { uid: number; raw: Buffer }[] = [];
      for await (const { uid, source } of client.fetch(
        uids.join(","),
        { uid: true, source: { maxLength: maxBytes } },
        { uid: true },
      ))
        if (source) mails.push({ uid, raw: source });
      return mails;
    },
    async markSeen(uids) {
      await client.messageFlagsAdd(uids.join(","), ["\\Seen"], { uid: true });
    },
    async close() {
      await client.logout().catch(() => client.close());
    },
  };
};
