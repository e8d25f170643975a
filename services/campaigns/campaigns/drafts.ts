// Drafts: made, changed, copied, deleted. What cannot be sent is refused here already, with the place of the mistake.
import type { Deps } from "../../../shared/broker/deps.ts";
import type { Campaign } from "../../../shared/contracts/campaigns.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { communitiesOf } from "../../../shared/lib/scope.ts";
import { audienceCondition } from "../../../shared/messaging/audience.ts";
import { compiledBulk, emailContent, requireEmail } from "../content.ts";
import {
  type CampaignFields,
  type CampaignRow,
  campaignOf,
  deleteDraft,
  findCampaign,
  findCampaignWithin,
  insertCampaign,
  updateDraft,
} from "./store.ts";

/** A campaign that must exist and be within what the caller sees. Throws CAMPAIGN_NOT_FOUND. */
export const requireCampaign = async (deps: Deps, id: string): Promise<CampaignRow> => {
  const row = await findCampaignWithin(deps.db, id, deps.scope);
  if (!row) throw fail("CAMPAIGN_NOT_FOUND", `No campaign has the id ${id}. It may have been deleted.`);
  return row;
};

/** Clocks differ a little, and a moment that has just passed means now. */
const LATE_MS = 60_000;

const check = async (deps: Deps, fields: CampaignFields, communities: string[] | null) => {
  const at = (fields.schedule as Campaign["schedule"])?.at;
  if (at !== undefined && Date.parse(at) < deps.clock.now().getTime() - LATE_MS)
    throw fail(
      "VALIDATION_FAILED",
      `schedule.at: found ${at}, which has passed. Leave the schedule out to send at once.`,
      {
        errors: [{ path: "schedule.at", message: `found ${at}, which has passed; expected a moment to come` }],
      },
    );
  if (fields.audience !== undefined)
    await audienceCondition(deps.db, fields.audience as Campaign["audience"], deps.clock.now(), communities);
  if (fields.content !== undefined) compiledBulk(await emailContent(deps.db, fields.content as Campaign["content"]));
};

export const createCampaign = async (
  deps: Deps,
  input: CampaignFields & { readonly channel: string },
): Promise<Campaign> => {
  requireEmail(input.channel);
  const { channel, ...fields } = input;
  const communities = communitiesOf(deps.scope);
  await check(deps, fields, communities);
  return campaignOf(await insertCampaign(deps.db, deps.id(), { channel, communities }, fields));
};

const notDraft = (row: CampaignRow) =>
  fail(
    "CAMPAIGN_NOT_DRAFT",
    `"${row.name}" is ${row.status}; only drafts can be changed or deleted. Clone it to start anew.`,
  );

export const updateCampaign = async (
  deps: Deps,
  { id, ...fields }: CampaignFields & { readonly id: string },
): Promise<Campaign> => {
  const before = await requireCampaign(deps, id);
  await check(deps, fields, before.communities);
  const row = await updateDraft(deps.db, id, fields);
  if (!row) throw notDraft((await findCampaign(deps.db, id)) ?? before);
  return campaignOf(row);
};

export const removeCampaign = async (deps: Deps, { id }: { readonly id: string }): Promise<{ ok: true }> => {
  const row = await requireCampaign(deps, id);
  if (!(await deleteDraft(deps.db, id))) throw notDraft(row);
  return { ok: true };
};

/** A copy, for the people that whoever copies it sees. */
export const cloneCampaign = async (deps: Deps, { id }: { readonly id: string }): Promise<Campaign> => {
  const row = await requireCampaign(deps, id);
  return campaignOf(
    await insertCampaign(
      deps.db,
      deps.id(),
      { channel: row.channel, communities: communitiesOf(deps.scope) },
      {
        name: `${row.name} (copy)`.slice(0, 200),
        audience: row.audience,
        content: row.content,
        schedule: null,
        rate: row.rate,
      },
    ),
  );
};
