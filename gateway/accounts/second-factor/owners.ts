// What owners do about second factors: take one off a colleague who has lost it, and say whether everybody needs one.
import type { Meta } from "../../../shared/broker/context.ts";
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { Trx } from "../../../shared/db/knex.ts";
import { audit } from "../../audit/store.ts";
import type { Sessions } from "../../auth/sessions.ts";
import { type AccessChange, applyAccessChange, publishAccessChange } from "../access-changed.ts";
import { type Actor, actorOf, callerOf } from "../actor.ts";
import { tellPerson } from "../notices.ts";
import { demandFreshProof } from "../own-password.ts";
import { lockMember } from "../people-store.ts";
import { findByEmail } from "../store.ts";
import { ownAccount } from "./own.ts";
import { deleteFactor, factorRequired, peopleWithout, setFactorRequired } from "./store.ts";

type Person = { readonly id: string; readonly email: string };

const takeOff = async (
  trx: Trx,
  deps: Parameters<typeof tellPerson>[1],
  { id, email }: Person,
  actor: Actor,
  detail?: Record<string, unknown>,
): Promise<void> => {
  if (!(await deleteFactor(trx, id)))
    throw fail("SECOND_FACTOR_OFF", "This person has no second factor, so there is nothing to take off.");
  await audit(trx, { id: deps.id(), event: "user.second-factor-removed", ...actor, objectId: id, detail });
  await tellPerson(trx, deps, email, "second-factor-removed");
};

/** Takes it off a colleague and signs them out. Throws USER_NOT_FOUND, SECOND_FACTOR_OFF, PROOF_NEEDED. */
export const removeSecondFactor = async (deps: Deps, meta: Meta, id: string): Promise<void> => {
  await demandFreshProof(deps, meta);
  if (callerOf(meta).userId === id)
    throw fail("VALIDATION_FAILED", "This is your own: switch it off under My account, with a code", {
      errors: [{ path: "id", message: "is yourself" }],
    });
  const change = await deps.db.transaction(async (trx) => {
    const member = await lockMember(trx, id);
    if (!member) throw fail("USER_NOT_FOUND", `No account has the id ${id}`);
    await takeOff(trx, deps, member, actorOf(meta));
    return publishAccessChange(trx, { userId: id });
  });
  await applyAccessChange(deps, change, []);
};

/** The same from the command line, for an owner who is locked out. Throws USER_NOT_FOUND, SECOND_FACTOR_OFF. */
export const removeByCommand = async (
  deps: Pick<Deps, "db"> & Parameters<typeof tellPerson>[1],
  sessions: Sessions,
  email: string,
): Promise<void> => {
  const user = await findByEmail(deps.db, email);
  if (!user) throw fail("USER_NOT_FOUND", `Nobody signs in as ${email}`);
  await deps.db.transaction((trx) => takeOff(trx, deps, user, {}, { by: "command" }));
  await sessions.endAll(user.id);
};

/** Whether everybody needs a second factor. */
export const showPolicy = async (deps: Pick<Deps, "db">) => ({ secondFactorRequired: await factorRequired(deps.db) });

/**
 * Demands a second factor of everybody, or no longer. Whoever has none is signed out. Throws SECOND_FACTOR_OFF for an owner
 * who has none, who would lock the door behind themselves; PROOF_NEEDED.
 */
export const setPolicy = async (deps: Deps, meta: Meta, required: boolean) => {
  await demandFreshProof(deps, meta);
  if (required && !(await ownAccount(deps, meta)).hasSecondFactor)
    throw fail("SECOND_FACTOR_OFF", "Switch your own second factor on first, under My account; then demand it of all.");
  const signedOut = await deps.db.transaction(async (trx) => {
    if (!(await setFactorRequired(trx, required))) return [];
    const event = required ? "user.second-factor-demanded" : "user.second-factor-not-demanded";
    await audit(trx, { id: deps.id(), event, ...actorOf(meta) });
    const ids = required ? await peopleWithout(trx) : [];
    const changes: AccessChange[] = [];
    for (const userId of ids) changes.push(await publishAccessChange(trx, { userId }));
    return changes;
  });
  for (const change of signedOut) await applyAccessChange(deps, change, []);
  return { secondFactorRequired: required };
};
