// Mails that tell somebody what was done to their account, in the transaction that did it: whoever it was not, must hear of
// it. Where no mail can be sent, the act goes on without one.
import type { Deps } from "../../shared/broker/deps.ts";
import { errorCode } from "../../shared/contracts/errors.ts";
import type { Trx } from "../../shared/db/knex.ts";
import { addAccountMail, demandMail } from "./account-mail.ts";

const notices = {
  "password-changed": {
    what: "Your password was changed",
    more: "Your password for the Learning Center was changed, and other browsers are signed out.",
  },
  "second-factor-on": {
    what: "Your second factor is on",
    more: "From now on, signing in to the Learning Center asks for a code of your app after your password.",
  },
  "second-factor-off": {
    what: "Your second factor is off",
    more: "Signing in to the Learning Center asks for your password alone.",
  },
  "second-factor-removed": {
    what: "Your second factor was taken off",
    more: "Whoever runs the Learning Center took it off, and you are signed out everywhere.",
  },
  "recovery-codes-renewed": {
    what: "You have new recovery codes",
    more: "The recovery codes that you had before no longer work.",
  },
  "recovery-code-used": {
    what: "A recovery code was used",
    more: "Somebody, probably you, gave your password and one of your recovery codes. It does not work a second time.",
  },
  "wrong-codes": {
    what: "Wrong codes after your password",
    more: "Somebody gave your password and then wrong codes, again and again. They did not get in.",
  },
} as const;

export type Notice = keyof typeof notices;
type NoticeDeps = Pick<Deps, "id"> & { readonly log: { debug(message: string): void } };

/** Tells the person at this address. Never throws because mail is not set up. */
export const tellPerson = async (trx: Trx, deps: NoticeDeps, to: string, notice: Notice): Promise<void> => {
  try {
    await demandMail(trx);
  } catch (error) {
    if (!errorCode(error)) throw error;
    deps.log.debug(`no mail about "${notice}": ${(error as Error).message}`);
    return;
  }
  await addAccountMail(trx, deps.id, "notice", { to, vars: notices[notice] });
};
