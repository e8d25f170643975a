// The browsers in which a person is signed in, as they see and end them.
import type { z } from "zod";
import type { Meta } from "../../shared/broker/context.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import type { BrowserSession } from "../../shared/contracts/accounts.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { audit } from "../audit/store.ts";
import { publicIdOf } from "../auth/sessions.ts";
import { sessionsOf } from "./access-changed.ts";
import { actorOf, sessionOf } from "./actor.ts";
import { deviceOf } from "./device.ts";

/** All of them, the last seen first. Throws SESSION_REQUIRED for access tokens. */
export const ownSessions = async (deps: Deps, meta: Meta): Promise<z.output<typeof BrowserSession>[]> => {
  const { caller, sessionId } = sessionOf(meta);
  const current = publicIdOf(sessionId);
  const sessions = await sessionsOf(deps).list(caller.userId);
  return sessions.map((session) => ({
    id: session.publicId,
    device: deviceOf(session.userAgent),
    address: session.address,
    createdAt: session.createdAt.toISOString(),
    lastSeenAt: session.seenAt.toISOString(),
    current: session.publicId === current,
  }));
};

/** Ends one of them. Throws SESSION_NOT_FOUND. */
export const endOwnSession = async (deps: Deps, meta: Meta, publicId: string): Promise<void> => {
  const { caller } = sessionOf(meta);
  if (!(await sessionsOf(deps).endListed(caller.userId, publicId)))
    throw fail("SESSION_NOT_FOUND", "You have no such session; it may have ended already");
  await audit(deps.db, { id: deps.id(), event: "user.session-ended", ...actorOf(meta) });
};

/** Ends all but the one that asks. */
export const endOtherSessions = async (deps: Deps, meta: Meta): Promise<void> => {
  const { caller, sessionId } = sessionOf(meta);
  await sessionsOf(deps).endAll(caller.userId, { keep: publicIdOf(sessionId) });
  await audit(deps.db, { id: deps.id(), event: "user.other-sessions-ended", ...actorOf(meta) });
};
