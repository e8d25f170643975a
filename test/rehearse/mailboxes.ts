// Where the mails of the rehearsal arrive: a server that speaks Resend's API for production, and the mailboxes of every
// sandbox that ran for staging. Both say to whom a mail went, once for each time that it arrived.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { openMailStore } from "../../services/sandbox/mail-store.ts";
import { systemClock } from "../../shared/lib/clock.ts";
import { startResendPeer } from "../helpers/mail-api-peer.ts";
import { SECRET } from "../helpers/mail-peer.ts";
import type { Network } from "./network.ts";

export interface Arrival {
  readonly to: string;
  readonly subject: string;
}

export interface Mailboxes {
  /** Variables of the email service that lead here. */
  readonly variables: Readonly<Record<string, string>>;
  /** Everything that arrived. For sandboxes: once their processes have ended. */
  arrived(): Promise<readonly Arrival[]>;
  stop(): Promise<void>;
}

/** A provider in the outside place. */
export const providerMailbox = async ({ outside }: Network): Promise<Mailboxes> => {
  const host = outside.ipv4 ?? outside.ipv6;
  const peer = await startResendPeer(host);
  return {
    variables: { RESEND_API_KEY: SECRET, LC_RESEND_URL: peer.url },
    arrived: async () => peer.taken.map(({ to, subject }) => ({ to, subject })),
    stop: () => peer.stop(),
  };
};

/** The sandboxes below these data folders. */
export const sandboxMailboxes = (dataDirs: () => readonly string[]): Mailboxes => ({
  variables: {},
  async arrived() {
    const found: Arrival[] = [];
    for (const folder of dataDirs()
      .map((dir) => join(dir, "sandbox/mail"))
      .filter(existsSync)) {
      const store = await openMailStore({ folder, clock: systemClock });
      for await (const [, { to, subject }] of store.index().scan()) found.push({ to: to.join(), subject });
      await store.close();
    }
    return found;
  },
  stop: () => Promise.resolve(),
});
