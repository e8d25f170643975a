// POST /hooks/email/{provider}: callbacks of email providers. Checked on the raw bytes, stored with the job that applies
// them in one transaction, and answered at once. A provider without its secret has no route at all.
import type { Deps } from "../../shared/broker/deps.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { isConnectionLost } from "../../shared/db/knex.ts";
import { storeWebhooks } from "../../shared/messaging/webhook-inbox.ts";
import { createQuietLog } from "../../shared/streams/quiet-log.ts";
import { readBytes } from "../body.ts";
import { type Exchange, sendJson } from "../exchange.ts";
import { createDoor, type Door } from "../hooks/door.ts";
import { postmarkVerifier } from "../hooks/postmark.ts";
import { resendVerifier } from "../hooks/resend.ts";
import { sendgridVerifier } from "../hooks/sendgrid.ts";
import { sesVerifier } from "../hooks/ses.ts";
import { type HookVerifier, Refusal, refused } from "../hooks/verifier.ts";
import type { OwnRoute } from "../operations.ts";
import { withPostgres } from "../postgres-deadline.ts";
import type { GatewaySettings } from "../settings.ts";

/** Providers send batches of at most 768 KB (SendGrid); the others' are far smaller. */
const largest = 1024 * 1024;

const verifiersOf = ({ hooks }: GatewaySettings): readonly HookVerifier[] => [
  ...(hooks.resendSecrets.length > 0 ? [resendVerifier(hooks.resendSecrets)] : []),
  ...(hooks.postmarkLogins.length > 0 ? [postmarkVerifier(hooks.postmarkLogins)] : []),
  ...(hooks.ses.topics.length > 0 ? [sesVerifier(hooks.ses)] : []),
  ...(hooks.sendgridKeys.length > 0 ? [sendgridVerifier(hooks.sendgridKeys)] : []),
];

const receive = (deps: Deps, door: Door, verifier: HookVerifier) => {
  const { provider } = verifier;
  // Anybody may send what is refused, as often as they like: that must not fill the log.
  const quiet = createQuietLog(deps.log, { provider });
  const read = async ({ req }: Exchange) => {
    const body = await readBytes(req, largest);
    const genuine = await Promise.resolve()
      .then(() => verifier.verify({ headers: req.headers, body, now: deps.clock.now() }))
      .catch((error: unknown) => {
        if (error instanceof Refusal) {
          quiet.failing("refused", error, "A callback was refused");
          throw refused();
        }
        // What it is checked with could not be had: the provider tries again.
        quiet.failing("unchecked", error, "A callback could not be checked");
        throw fail("SERVICE_UNAVAILABLE", "The callback cannot be checked for the moment. Send it again.", {
          retryAfter: 30,
        });
      });
    return { body, genuine };
  };
  return async (exchange: Exchange): Promise<void> => {
    const { body, genuine } = await door.enter(exchange.address, () => read(exchange));
    try {
      // Too late is not lost: the provider sends it again, and what was stored after all is known again.
      await withPostgres(() => deps.db.transaction((trx) => storeWebhooks(trx, [{ provider, body, ...genuine }])));
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      throw fail("SERVICE_UNAVAILABLE", "Postgres is away for the moment. Send it again.", { retryAfter: 5 });
    }
    sendJson(exchange, 202, { received: true });
  };
};

/** One route for each provider whose secret is set. Throws when a secret cannot be one. */
export const hookRoutes = (deps: Deps, settings: GatewaySettings): readonly OwnRoute[] => {
  const door = createDoor(settings.hooks.door);
  return verifiersOf(settings).map((verifier) => ({
    method: "POST",
    path: `/hooks/email/${verifier.provider}`,
    permission: undefined,
    handle: receive(deps, door, verifier),
  }));
};
