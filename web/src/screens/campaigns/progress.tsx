// A campaign that is under way, in one strip: state, bar, rate and time left, live.
import { Group, Stack, Text } from "@mantine/core";
import type { Campaign } from "../../../../shared/contracts/campaigns.ts";
import { TextLink } from "../../parts/link.tsx";
import { StateBar, settled } from "../../parts/state-bar.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead } from "../../query.ts";
import { campaignWords, count, duration } from "../../words.ts";

/** True while messages of the campaign may still move. */
export const moving = (status: Campaign["status"]): boolean => status === "running" || status === "preparing";

/** A sentence about speed and time left, or what the state means. */
export const paceOf = (status: Campaign["status"], ratePerSecond: number, etaSeconds: number | null): string => {
  if (status !== "running") return campaignWords[status].sentence;
  const rate =
    ratePerSecond > 0
      ? `${ratePerSecond >= 10 ? count(Math.round(ratePerSecond)) : ratePerSecond.toFixed(1)} a second`
      : "starting";
  return etaSeconds === null ? rate : `${rate}, about ${duration(etaSeconds)} left`;
};

/** The strip. Its parent follows the topic `campaign:<id>` or `campaigns`; polling carries on while the stream is away. */
export const CampaignProgress = ({ campaign, live }: { readonly campaign: Campaign; readonly live: boolean }) => {
  const stats = useRead(
    "campaigns.stats",
    { id: campaign.id },
    { every: moving(campaign.status) ? (live ? 5000 : 1500) : false },
  );
  const status = stats.data?.status ?? campaign.status;
  return (
    <Stack gap={8}>
      <Group justify="space-between" gap="xs">
        <TextLink to="/campaigns/$id" params={{ id: campaign.id }} fw={500} c="var(--lc-ink)" className="lc-break">
          {campaign.name}
        </TextLink>
        <Status word={campaignWords[status]} live={moving(status)} />
      </Group>
      <StateBar states={stats.data?.states ?? {}} recipients={stats.data?.recipients ?? 0} />
      <Group justify="space-between" gap="xs">
        <Text fz="sm" c="dimmed">
          {stats.data ? paceOf(status, stats.data.ratePerSecond, stats.data.etaSeconds) : "Reading…"}
        </Text>
        {stats.data && (
          <Text fz="sm" c="dimmed" className="lc-numbers">
            {count(settled(stats.data.states))} of {count(stats.data.recipients)}
          </Text>
        )}
      </Group>
    </Stack>
  );
};
