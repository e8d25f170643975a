// Templates in MJML beside their HTML, archived templates, and a view that counts versions and uses for the lists.
// While the old version runs it writes neither format nor source: the defaults are what it means.
import type { Migration } from "../migrate.ts";

export const templates: Migration = {
  name: "0011_templates",
  up: async (trx) => {
    await trx.raw(`
      alter table campaigns.templates
        add column format text not null default 'html' check (format in ('html', 'mjml')),
        add column mjml text,
        add column archived_at timestamptz;
      alter table campaigns.template_versions
        add column format text not null default 'html' check (format in ('html', 'mjml')),
        add column mjml text;
      -- Which campaigns use a template, for the list and before it is deleted.
      create index campaigns_template on campaigns.campaigns ((content ->> 'templateId'))
        where content ->> 'templateId' is not null;

      -- Versions are kept under the draft's version at their time; people count them 1, 2, 3.
      create view campaigns.v_template_versions as
        select template_id, version, row_number() over (partition by template_id order by version)::int as number,
          format, subject, html, mjml, text, published_at
        from campaigns.template_versions;

      create view campaigns.v_templates as
        select t.id, t.name, t.channel, t.format, t.subject, t.version, t.created_at, t.updated_at,
          t.archived_at is not null as archived,
          nullif((select count(*)::int from campaigns.template_versions v
            where v.template_id = t.id and v.version <= t.published_version), 0) as published_number,
          t.published_version is not null as published,
          t.published_version is not null and not exists (
            select from campaigns.template_versions v where v.template_id = t.id and v.version = t.published_version
              and (v.format, v.subject, v.html, v.mjml, v.text) is not distinct from (t.format, t.subject, t.html, t.mjml, t.text)
          ) as changed,
          (select count(*)::int from campaigns.campaigns c where c.content ->> 'templateId' = t.id::text)
            as used_by
        from campaigns.templates t;
    `);
  },
};
