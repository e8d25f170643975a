// Deletes a community that nobody belongs to. The default one stays: contacts without a community need a home.
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { deleteCommunity, lockCommunity } from "./store.ts";

const inUse = () => fail("COMMUNITY_IN_USE", "Contacts belong to this community. Move them to another one first.");

/** Throws COMMUNITY_NOT_FOUND or COMMUNITY_IN_USE. */
export const removeCommunity = async (deps: Deps, { id }: { readonly id: string }): Promise<{ ok: true }> => {
  try {
    return await deps.db.transaction(async (trx) => {
      const community = await lockCommunity(trx, id);
      if (!community) throw fail("COMMUNITY_NOT_FOUND", `No community has the id ${id}. It may have been deleted.`);
      if (community.isDefault)
        throw fail(
          "COMMUNITY_IN_USE",
          "This is the default community: contacts without one belong to it. It can be renamed.",
        );
      if (community.inUse) throw inUse();
      if (community.limits)
        throw fail(
          "COMMUNITY_IN_USE",
          "Somebody who signs in sees this community and not all of them. Change that under Settings, Team first.",
        );
      await deleteCommunity(trx, id);
      return { ok: true as const };
    });
  } catch (error) {
    // A contact joined between the look and the deletion.
    if ((error as { code?: string }).code === "23503") throw inUse();
    throw error;
  }
};
