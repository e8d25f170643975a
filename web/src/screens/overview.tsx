// The first screen after signing in: the next steps while the workspace is new, what runs now, and where campaigns stand.
import { Group, Skeleton, Stack, Text } from "@mantine/core";
import { useRouteContext } from "@tanstack/react-router";
import type { CampaignStatus } from "../../../shared/contracts/campaigns.ts";
import { useLive } from "../live.ts";
import { Icon } from "../parts/icon.tsx";
import { ButtonLink, TextLink } from "../parts/link.tsx";
import { Empty, ProblemNote } from "../parts/note.tsx";
import { Figures, PageHead, Section } from "../parts/page.tsx";
import { Status } from "../parts/status.tsx";
import { useRead } from "../query.ts";
import { campaignWords, count, shortMoment } from "../words.ts";
import { CampaignProgress } from "./campaigns/progress.tsx";
import { FirstSteps } from "./first-steps.tsx";
import css from "./overview.module.css";

const open: readonly CampaignStatus[] = ["preparing", "running", "paused", "held"];
const read = 100;

/** Overview. */
export const Overview = () => {
  const { session } = useRouteContext({ from: "/app" });
  const live = useLive("campaigns");
  const campaigns = useRead("campaigns.list", { limit: read }, { every: live ? 15_000 : 3000 });
  const contacts = useRead("contacts.list", { limit: 1 });
  const all = campaigns.data?.data ?? [];
  const underWay = all.filter((campaign) => open.includes(campaign.status));
  const by = (...statuses: CampaignStatus[]) =>
    count(all.filter((campaign) => statuses.includes(campaign.status)).length);
  const loading = campaigns.isPending || contacts.isPending;

  return (
    <>
      <PageHead
        title="Overview"
        lead={
          session.sandbox ? "Sandbox: every mail ends in the mailbox here, nobody outside gets anything." : undefined
        }
        actions={
          <ButtonLink to="/campaigns/new" leftSection={<Icon name="plus" size={16} />}>
            New campaign
          </ButtonLink>
        }
      />
      <Stack gap="lg">
        {campaigns.isError && <ProblemNote problem={campaigns.error} retry={() => void campaigns.refetch()} />}
        {!loading && !campaigns.isError && (
          <FirstSteps
            session={session}
            hasContacts={(contacts.data?.data.length ?? 0) > 0}
            launched={all.some((campaign) => campaign.launchedAt !== null)}
          />
        )}
        <Section
          title="Campaigns"
          aside={
            campaigns.data?.nextCursor && (
              <Text fz="sm" c="dimmed">
                the newest {read}
              </Text>
            )
          }
        >
          {loading ? (
            <Skeleton height={52} />
          ) : (
            <Figures
              facts={[
                { name: "Sending now", value: by("running", "preparing") },
                { name: "Waiting for you", value: by("paused", "held") },
                { name: "Scheduled", value: by("scheduled") },
                { name: "Drafts", value: by("draft") },
                { name: "Completed", value: by("completed") },
                ...(contacts.data?.total === undefined
                  ? []
                  : [{ name: "Contacts", value: count(contacts.data.total) }]),
              ]}
            />
          )}
        </Section>
        {underWay.length > 0 && (
          <Section title="Under way">
            <Stack gap="xl">
              {underWay.slice(0, 5).map((campaign) => (
                <CampaignProgress key={campaign.id} campaign={campaign} live={live} />
              ))}
            </Stack>
          </Section>
        )}
        <Section
          title="Newest campaigns"
          aside={
            all.length > 0 && (
              <TextLink to="/campaigns" fz="sm">
                All campaigns
              </TextLink>
            )
          }
        >
          {loading ? (
            <Skeleton height={120} />
          ) : all.length === 0 ? (
            <Empty
              icon="campaigns"
              title="No campaign yet"
              actions={
                <ButtonLink to="/campaigns/new" variant="default">
                  Write the first one
                </ButtonLink>
              }
            />
          ) : (
            <ul className={`lc-plain-list ${css["recent"]}`}>
              {all.slice(0, 6).map((campaign) => (
                <li key={campaign.id}>
                  <TextLink
                    to="/campaigns/$id"
                    params={{ id: campaign.id }}
                    c="var(--lc-ink)"
                    fz="sm"
                    fw={500}
                    className="lc-break"
                  >
                    {campaign.name}
                  </TextLink>
                  <Group gap="sm" wrap="nowrap">
                    <Status word={campaignWords[campaign.status]} />
                    <Text fz="sm" c="dimmed" className="lc-numbers" style={{ whiteSpace: "nowrap" }}>
                      {shortMoment(campaign.createdAt)}
                    </Text>
                  </Group>
                </li>
              ))}
            </ul>
          )}
        </Section>
      </Stack>
    </>
  );
};
