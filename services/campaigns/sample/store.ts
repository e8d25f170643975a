// SQL of the sample workspace's campaigns and templates.
import { query, type Trx } from "../../../shared/db/knex.ts";
import { sampleCampaigns, sampleTemplates } from "../../../shared/lib/sample/sample-content.ts";
import { sampleId, sampleIds } from "../../../shared/lib/sample/sample-ids.ts";

export interface SampleLaunch {
  readonly contentId: string;
  readonly launchedAt: Date;
  readonly completedAt: Date;
}

/** Writes the finished campaign and the draft; false when they are there already. */
export const insertSampleCampaigns = async (trx: Trx, launch: SampleLaunch): Promise<boolean> => {
  const { finished, draft } = sampleCampaigns;
  const rows = await query(
    trx,
    `insert into campaigns.campaigns (id, name, channel, status, audience, content, content_id, audience_at, audience_complete, created_at, updated_at, launched_at, completed_at)
     values (?, ?, 'email', 'completed', ?::jsonb, ?::jsonb, ?, ?, true, ?, ?, ?, ?) on conflict (id) do nothing returning id`,
    [
      finished.id,
      finished.name,
      JSON.stringify(finished.audience),
      JSON.stringify(finished.content),
      launch.contentId,
      launch.launchedAt,
      launch.launchedAt,
      launch.completedAt,
      launch.launchedAt,
      launch.completedAt,
    ],
  );
  if (rows.length === 0) return false;
  await query(
    trx,
    "insert into campaigns.campaigns (id, name, channel, audience, content) values (?, ?, 'email', ?::jsonb, ?::jsonb)",
    [draft.id, draft.name, JSON.stringify(draft.audience), JSON.stringify(draft.content)],
  );
  return true;
};

/** Writes the templates' drafts; publishing freezes them. */
export const insertSampleTemplates = async (trx: Trx): Promise<void> => {
  await query(
    trx,
    `insert into campaigns.templates (id, name, subject, html)
     select id, name, subject, html from json_to_recordset(?::json) as v (id uuid, name text, subject text, html text)`,
    [JSON.stringify(sampleTemplates.map((template, index) => ({ id: sampleId("template", index + 1), ...template })))],
  );
};

/** Deletes the finished campaign, whose ledger must be gone. */
export const deleteSampleFinished = async (trx: Trx): Promise<void> => {
  await query(trx, "delete from campaigns.campaigns where id = ?", [sampleCampaigns.finished.id]);
};

/** Deletes the templates with their versions; what was sent keeps its own frozen content. */
export const deleteSampleTemplates = async (trx: Trx): Promise<void> => {
  const ids = sampleIds("template", sampleTemplates.length);
  await query(trx, "delete from campaigns.template_versions where template_id = any(?::uuid[])", [ids]);
  await query(trx, "delete from campaigns.templates where id = any(?::uuid[])", [ids]);
};
