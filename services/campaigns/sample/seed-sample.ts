// Job campaign.seed-sample: the sample's templates, its finished campaign with a ledger for everybody, and a draft.
// One transaction: a kill in the middle leaves nothing, and a second run finds everything there.

import { callAction } from "../../../shared/broker/context.ts";
import type { Deps } from "../../../shared/broker/deps.ts";
import { sampleCampaigns, sampleTemplates } from "../../../shared/lib/sample/sample-content.ts";
import { sampleHistory } from "../../../shared/lib/sample/sample-history.ts";
import { sampleId } from "../../../shared/lib/sample/sample-ids.ts";
import { freezeContent } from "../../../shared/messaging/contents.ts";
import { writeSampleLedger } from "../../../shared/messaging/sample-ledger.ts";
import { compiledBulk, emailContent } from "../content.ts";
import { publishTemplate } from "../templates/publish.ts";
import { insertSampleCampaigns, insertSampleTemplates } from "./store.ts";

/** The finished campaign was launched so long ago: within the week that the Overview shows. */
const AGO_MS = 2 * 86_400_000;
const TOOK_MS = 40_000;
const PATIENCE_MS = 10_000;

/** Fills in the sample's campaigns; nothing when they are there, or the sample was removed meanwhile. */
export const seedSampleCampaigns = async (deps: Deps): Promise<void> => {
  // At a first start this process may be up before it knows of the others.
  await deps.broker.waitForServices("sample", PATIENCE_MS, 200);
  if ((await callAction(deps.broker, "sample.get", {})).state !== "present") return;
  const launchedAt = new Date(deps.clock.now().getTime() - AGO_MS);
  const content = await emailContent(deps.db, sampleCampaigns.finished.content);
  const { links } = compiledBulk(content);
  await deps.db.transaction(async (trx) => {
    const contentId = await freezeContent(trx, deps.id(), { channel: "email", ...content, links });
    const completedAt = new Date(launchedAt.getTime() + TOOK_MS);
    if (!(await insertSampleCampaigns(trx, { contentId, launchedAt, completedAt }))) return;
    await insertSampleTemplates(trx);
    const source = { id: sampleCampaigns.finished.id, contentId, launchedAt, link: links[0] ?? "" };
    await writeSampleLedger(trx, source, sampleHistory);
  });
  // Its attributes are not looked up: they are written as the sample's people have them.
  const known = async () => undefined;
  for (const index of sampleTemplates.keys())
    await publishTemplate(deps, { id: sampleId("template", index + 1) }, known);
};
