// Job email.inbound.fetch: moves report mails from the mailbox into the inbox, each with the job that applies it.
// A mail is marked as seen after it is stored; killed in between, it is fetched again and known again by its bytes.
import { createHash } from "node:crypto";
import type { Deps } from "../../../shared/broker/deps.ts";
import { storeWebhooks } from "../../../shared/messaging/webhook-inbox.ts";
import type { Mailbox } from "./mailbox.ts";

const batch = 50;
/** Reports carry the mail they are about; its beginning is enough. */
const maxBytes = 512 * 1024;

/** Fetches everything unseen, batch by batch, until `signal`. Returns how many mails were new to the inbox. */
export const fetchMail = async (
  deps: Pick<Deps, "db">,
  open: () => Promise<Mailbox>,
  signal: AbortSignal,
): Promise<number> => {
  const mailbox = await open();
  try {
    let stored = 0;
    // Going up by number ends also in a mailbox that does not let itself be marked.
    for (let last = 0; !signal.aborted; ) {
      const uids = await mailbox.unseen(last, batch);
      if (uids.length === 0) break;
      const mails = await mailbox.read(uids, maxBytes);
      stored += await deps.db.transaction((trx) =>
        storeWebhooks(
          trx,
          mails.map(({ raw }) => ({
            provider: "imap",
            deliveryId: createHash("sha256").update(raw).digest("base64url"),
            body: raw,
            headers: {},
          })),
        ),
      );
      await mailbox.markSeen(uids);
      last = uids.at(-1) ?? last;
    }
    return stored;
  } finally {
    await mailbox.close();
  }
};
