// The first screen after signing in: the next steps while the workspace is new, what waits for somebody, what was sent
// and read lately, what runs now and what comes next.
import { Group, Skeleton, Stack, Text } from "@mantine/core";
import { useRouteContext } from "@tanstack/react-router";
import { useMemo } from "react";
import type { CampaignStatus } from "../../../shared/contracts/campaigns.ts";
import { useLive } from "../live.ts";
import { Icon } from "../parts/icon.tsx";
import { ButtonLink, TextLink } from "../parts/link.tsx";
import { useMay } from "../parts/may.tsx";
import { Empty, ProblemNote } from "../parts/note.tsx";
import { PageHead, Section } from "../parts/page.tsx";
import { Status } from "../parts/status.tsx";
import { useRead } from "../query.ts";
import { campaignWords, moment, shortMoment } from "../words.ts";
import { CampaignProgress } from "./campaigns/progress.tsx";
import { Attention } from "./overview/attention.tsx";
import { FirstSteps } from "./overview/first-steps.tsx";
import { Lately } from "./overview/lately.tsx";
import css from "./overview/overview.module.css";
import { SampleNote } from "./overview/sample-note.tsx";

/** Held ones stand with what needs attention. */
const open: readonly CampaignStatus[] = ["preparing", "running", "paused"];

interface Line {
  readonly id: string;
  readonly name: string;
  readonly status: CampaignStatus;
  readonly when: string;
}

/** Campaigns line by line, each with its state and a moment. */
const CampaignLines = ({ lines }: { readonly lines: readonly Line[] }) => (
  <ul className={`lc-plain-list ${css["recent"]}`}>
    {lines.map(({ id, name, status, when }) => (
      <li key={id}>
        <TextLink to="/campaigns/$id" params={{ id }} c="var(--lc-ink)" fz="sm" fw={500} className="lc-break">
          {name}
        </TextLink>
        <Group gap="sm" wrap="nowrap">
          <Status word={campaignWords[status]} />
          <Text fz="sm" c="dimmed" className="lc-numbers" style={{ whiteSpace: "nowrap" }}>
            {when}
          </Text>
        </Group>
      </li>
    ))}
  </ul>
);

/** Where the reader's day began. */
const startOfDay = (): string => {
  const now = new Date();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate()).toISOString();
};

/** Overview. */
export const Overview = () => {
  const { session } = useRouteContext({ from: "/app" });
  const may = useMay();
  const live = useLive("campaigns");
  const today = useMemo(startOfDay, []);
  const overview = useRead("overview.show", { today }, { every: live ? 20_000 : 10_000 });
  const campaigns = useRead("campaigns.list", { limit: 100 }, { every: live ? 15_000 : 3000 });
  const all = campaigns.data?.data ?? [];
  const underWay = all.filter((campaign) => open.includes(campaign.status));
  const next = overview.data?.next ?? [];

  return (
    <>
      <PageHead
        title="Overview"
        lead={
          session.sandbox
            ? `Sandbox: every mail ${session.communities ? "stays on this machine" : "ends in the mailbox here"}, nobody outside gets anything.`
            : undefined
        }
        actions={
          may("campaigns.create") && (
            <ButtonLink to="/campaigns/new" leftSection={<Icon name="plus" size={16} />}>
              New campaign
            </ButtonLink>
          )
        }
      />
      <Stack gap="lg">
        <SampleNote mayRemove={may("sample.remove")} />
        {overview.isError && <ProblemNote problem={overview.error} retry={() => void overview.refetch()} />}
        {campaigns.isError && <ProblemNote problem={campaigns.error} retry={() => void campaigns.refetch()} />}
        {overview.data && <FirstSteps session={session} {...overview.data.firstSteps} />}
        {overview.data && <Attention attention={overview.data.attention} />}
        {overview.data ? (
          <Lately overview={overview.data} />
        ) : (
          overview.isPending && <Skeleton height={120} radius="lg" />
        )}
        {underWay.length > 0 && (
          <Section title="Under way">
            <Stack gap="xl">
              {underWay.slice(0, 5).map((campaign) => (
                <CampaignProgress key={campaign.id} campaign={campaign} live={live} />
              ))}
            </Stack>
          </Section>
        )}
        {next.length > 0 && (
          <Section title="In the next 24 hours">
            <CampaignLines lines={next.map(({ at, ...campaign }) => ({ ...campaign, when: moment(at) }))} />
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
          {campaigns.isPending ? (
            <Skeleton height={120} />
          ) : all.length === 0 ? (
            <Empty
              icon="campaigns"
              title="No campaign yet"
              actions={
                may("campaigns.create") && (
                  <ButtonLink to="/campaigns/new" variant="default">
                    Write the first one
                  </ButtonLink>
                )
              }
            />
          ) : (
            <CampaignLines
              lines={all.slice(0, 6).map((campaign) => ({ ...campaign, when: shortMoment(campaign.createdAt) }))}
            />
          )}
        </Section>
      </Stack>
    </>
  );
};
