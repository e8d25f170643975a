// The sandbox's mail side in one piece: mailbox, faults and SMTP server, opened and closed in the right order.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../shared/lib/clock.ts";
import { createFaults, type Faults } from "./faults.ts";
import { type MailStore, openMailStore } from "./mail-store.ts";
import { type RunningSmtpServer, startSmtpServer } from "./smtp-server.ts";

export interface MailServerOptions {
  /** The sandbox's own folder; made when it is not there. */
  readonly folder: string;
  readonly clock: Clock;
  /** 0 (included) to 1 (excluded), for faults with a probability. */
  readonly random: () => number;
  readonly onError: (error: Error) => void;
}

export interface MailServer {
  readonly store: MailStore;
  readonly faults: Faults;
  readonly smtp: RunningSmtpServer;
  /** Ends connections, writes what is waiting, closes the files. */
  stop(): Promise<void>;
}

/** Opens the mailbox and takes mail. The port is the one of the last run when it is free, so that senders find it again. */
export const openMailServer = async ({ folder, clock, random, onError }: MailServerOptions): Promise<MailServer> => {
  await mkdir(folder, { recursive: true });
  const portFile = join(folder, "smtp-port");
  const lastPort = Number(await readFile(portFile, "utf8").catch(() => "0"));
  const store = await openMailStore({ folder: join(folder, "mail"), clock });
  const faults = createFaults(random);
  const preferredPort = Number.isInteger(lastPort) && lastPort > 0 && lastPort < 65_536 ? lastPort : undefined;
  const smtp = await startSmtpServer({ store, faults, preferredPort, onError });
  await writeFile(portFile, String(smtp.port));
  return {
    store,
    faults,
    smtp,
    stop: async () => {
      await smtp.stop();
      await store.close();
    },
  };
};
