// The sandbox: stands in for the world outside while no live provider is set. Never deployed to production.
import { join } from "node:path";
import { service } from "../../shared/broker/service.ts";
import { config } from "../../shared/config.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { getMail } from "./get-mail.ts";
import { listMail } from "./list-mail.ts";
import { type MailServer, openMailServer } from "./mail-server.ts";

let mailServer: MailServer | undefined;

const mail = (): MailServer => {
  if (!mailServer) throw fail("NOT_READY", "The sandbox is still starting; try again in a moment.", { retryAfter: 1 });
  return mailServer;
};

export default service("sandbox", {
  actions: {
    listMail: (ctx) => listMail(mail(), ctx.params, ctx.meta.caller),
    getMail: (ctx) => getMail(mail(), ctx.params, ctx.meta.caller),
    clearMail: async () => {
      await mail().store.clear();
      return { ok: true as const };
    },
    forgetMail: async (ctx) => ({ forgotten: await mail().store.forget(ctx.params.addresses, ctx.params.mails) }),
    listFaults: () => ({ rules: mail().faults.list() }),
    setFaults: (ctx) => {
      mail().faults.add(ctx.params);
      return { rules: mail().faults.list() };
    },
    endpoint: () => ({ smtpHost: mail().smtp.host, smtpPort: mail().smtp.port }),
  },
  started: async ({ clock, log }) => {
    mailServer = await openMailServer({
      folder: join(config.dataDir, "sandbox"),
      clock,
      random: Math.random,
      onError: (error) => log.error("The sandbox could not take a mail", { reason: error.message }),
    });
    log.info("The sandbox takes mail", { port: mailServer.smtp.port });
  },
  stopped: async () => {
    const open = mailServer;
    mailServer = undefined;
    await open?.stop();
  },
});
