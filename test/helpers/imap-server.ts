// A private IMAP server (Dovecot) on a free loopback port, in a folder of its own, and its mailbox seen from outside.
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, openSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { ImapFlow } from "imapflow";
import { inject } from "vitest";
import { freePort } from "../../scripts/start/ports.ts";
import { endProcesses, identify } from "../../scripts/start/process-identity.ts";
import { noteDown, removeNote } from "../../scripts/start/run-files.ts";
import { ensureImap } from "./infrastructure-packages.ts";
import { until } from "./processes.ts";

export interface ImapServer {
  /** As LC_INBOUND_IMAP_URL takes it. */
  readonly url: string;
  /** Puts mails into the INBOX, unseen. */
  deliver(...mails: readonly string[]): Promise<void>;
  /** How many mails are there, and how many of them nobody has seen. */
  count(): Promise<{ all: number; unseen: number }>;
  stop(): Promise<void>;
}

const nobody = 65_534;
const [user, password] = ["bounces@example.org", "a-secret:with/signs@"];

const configuration = (folder: string, port: number): string => `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:${folder}/mail/%u
passdb {
  driver = static
  args = password=${password}
}
userdb {
  driver = static
  args = uid=${nobody} gid=${nobody} home=${folder}/mail/%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
`;

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("data", (greeting) => {
      socket.destroy();
      resolve(greeting.toString().startsWith("* OK"));
    });
    socket.once("error", () => resolve(false));
  });

/** Starts it; undefined where there is none and none can be installed (only root may run one). */
export const startImap = async (): Promise<ImapServer | undefined> => {
  const program = process.getuid?.() === 0 ? await ensureImap() : undefined;
  if (!program) return undefined;
  const runDir = inject("runDir");
  const folder = mkdtempSync(join(runDir, "imap-"));
  const name = folder.slice(runDir.length + 1);
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "mail"));
  chownSync(join(folder, "mail"), nobody, nobody);
  const port = await freePort();
  writeFileSync(join(folder, "dovecot.conf"), configuration(folder, port));
  const log = openSync(join(folder, "output.log"), "a");
  const child: ChildProcess = spawn(program, ["-F", "-c", join(folder, "dovecot.conf")], {
    detached: true,
    stdio: ["ignore", log, log],
  });
  if (child.pid) noteDown(runDir, name, "store", child.pid, "SIGTERM");
  await until(`dovecot to answer (its log: ${folder})`, () => answers(port));

  const within = async <T>(work: (client: ImapFlow) => Promise<T>): Promise<T> => {
    const auth = { user, pass: password };
    const client = new ImapFlow({ host: "127.0.0.1", port, secure: false, doSTARTTLS: false, auth, logger: false });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.logout();
    }
  };
  return {
    url: `imap://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}/INBOX`,
    deliver: (...mails) =>
      within(async (client) => {
        for (const mail of mails) await client.append("INBOX", mail);
      }),
    count: () =>
      within(async (client) => {
        const { messages = 0, unseen = 0 } = (await client.status("INBOX", { messages: true, unseen: true })) || {};
        return { all: messages, unseen };
      }),
    async stop() {
      const identity = child.pid === undefined ? undefined : identify(child.pid);
      if (identity) await endProcesses([identity], "SIGTERM", 5_000);
      removeNote(runDir, name);
    },
  };
};
