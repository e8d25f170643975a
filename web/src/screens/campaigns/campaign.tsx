// One campaign: what it is doing in words, where every message stands, and the ledger of who got it, who not, and why.
import { Group, Skeleton, Stack, Text } from "@mantine/core";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { ApiResult } from "../../api.ts";
import { useLive } from "../../live.ts";
import { TextLink } from "../../parts/link.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { Figures, PageHead, PageSkeleton, Section } from "../../parts/page.tsx";
import { StateBar, StateKey, settled } from "../../parts/state-bar.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead } from "../../query.ts";
import { campaignWords, count, duration, moment, share, stateOrder, stateWords } from "../../words.ts";
import { MessageDrawer } from "../messages/message-drawer.tsx";
import { CampaignActions } from "./campaign-actions.tsx";
import css from "./campaigns.module.css";
import { audienceWords } from "./campaigns.tsx";
import { ContentWords } from "./content-words.tsx";
import { Decisions } from "./decisions.tsx";
import { Ledger } from "./ledger.tsx";
import { OnlyIn } from "./only-in.tsx";
import { moving, paceOf } from "./progress.tsx";

type Stats = ApiResult<"campaigns.stats">;
const route = getRouteApi("/app/campaigns/$id");

interface FunnelProps {
  readonly id: string;
  readonly stats: Stats;
  /** The state that the ledger is filtered by. */
  readonly chosen: string | undefined;
}

const Funnel = ({ id, stats, chosen }: FunnelProps) => {
  const shown = stateOrder.filter((state) => (stats.states[state] ?? 0) > 0);
  return (
    <Section
      title="Messages"
      aside={
        <Text fz="sm" c="dimmed" className="lc-numbers">
          {count(settled(stats.states))} of {count(stats.recipients)} have an outcome
        </Text>
      }
    >
      <StateBar states={stats.states} recipients={stats.recipients} />
      <ul className={`lc-plain-list ${css["states"]}`}>
        {shown.map((state) => (
          <li key={state}>
            <Link
              to="/campaigns/$id"
              params={{ id }}
              search={state === chosen ? {} : { state }}
              resetScroll={false}
              className={css["state"]}
              aria-current={state === chosen}
            >
              <StateKey state={state} />
              <span>{stateWords[state].label}</span>
              <b>{count(stats.states[state] ?? 0)}</b>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
};

const Results = ({ stats }: { readonly stats: Stats }) => {
  const reached = (stats.states.accepted ?? 0) + (stats.states.delivered ?? 0);
  const of = (number: number) => (number === 0 ? undefined : `${share(number, reached)} of those reached`);
  return (
    <Section title="Answers">
      <Figures
        facts={[
          {
            name: "Opened by people",
            value: count(stats.opens.human),
            note:
              stats.opens.all > stats.opens.human ? `${count(stats.opens.all)} with machines` : of(stats.opens.human),
          },
          {
            name: "Clicked by people",
            value: count(stats.clicks.human),
            note:
              stats.clicks.all > stats.clicks.human
                ? `${count(stats.clicks.all)} with machines`
                : of(stats.clicks.human),
          },
          { name: "Replies", value: count(stats.replies) },
          { name: "Unsubscribed", value: count(stats.unsubscribes), note: of(stats.unsubscribes) },
          { name: "Complaints", value: count(stats.complaints) },
        ]}
      />
    </Section>
  );
};

/** The page of one campaign. Live through the stream; while that is away it asks every second and a half. */
export const CampaignScreen = () => {
  const { id } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/campaigns/$id" });
  const live = useLive(`campaign:${id}`);
  const campaign = useRead("campaigns.get", { id });
  const known = campaign.data?.status;
  const open = known === undefined || ["scheduled", "preparing", "running", "paused", "held"].includes(known);
  const stats = useRead(
    "campaigns.stats",
    { id },
    { enabled: known !== undefined && known !== "draft", every: open ? (live ? 4000 : 1500) : 20_000 },
  );
  const status = stats.data?.status ?? known;
  // The counts notice an end first; then the campaign itself is read again.
  if (status !== undefined && known !== undefined && status !== known && !campaign.isFetching) void campaign.refetch();
  const segments = useRead(
    "segments.list",
    { limit: 1000 },
    { enabled: campaign.data?.audience.segmentId !== undefined },
  );

  // Gone is gone, also where it was read before: by Back after a deletion, or in another tab.
  if (campaign.isError && (campaign.error.status === 404 || !campaign.data))
    return <ProblemNote problem={campaign.error} retry={() => void campaign.refetch()} />;
  if (!campaign.data || status === undefined) return <PageSkeleton />;
  const { data } = campaign;
  return (
    <>
      <PageHead
        title={data.name}
        above={
          <TextLink to="/campaigns" fz="sm">
            Campaigns
          </TextLink>
        }
        beside={<Status word={campaignWords[status]} live={moving(status)} />}
        lead={
          <span aria-live="polite">
            {stats.data
              ? paceOf(status, stats.data.ratePerSecond, stats.data.etaSeconds)
              : campaignWords[status].sentence}
          </span>
        }
        actions={<CampaignActions campaign={data} status={status} />}
      />
      <Stack gap="lg">
        <Group gap="4px 20px" fz="sm" c="dimmed">
          <span className="lc-break">
            <ContentWords content={data.content} /> to {audienceWords(data.audience, segments.data?.data)}
            <OnlyIn communities={data.communities} />
          </span>
          {data.schedule && !data.launchedAt && <span>starts {moment(data.schedule.at)}</span>}
          {data.launchedAt && <span>launched {moment(data.launchedAt)}</span>}
          {data.completedAt && (
            <span>
              ended {moment(data.completedAt)}
              {data.launchedAt &&
                `, after ${duration((Date.parse(data.completedAt) - Date.parse(data.launchedAt)) / 1000)}`}
            </span>
          )}
        </Group>
        {stats.isError && <ProblemNote problem={stats.error} retry={() => void stats.refetch()} />}
        {stats.data && <Decisions id={id} stats={stats.data} status={status} reason={search.reason} />}
        {status !== "draft" && !stats.data && !stats.isError && <Skeleton height={140} radius="lg" />}
        {stats.data && status !== "scheduled" && (
          <>
            <Funnel id={id} stats={stats.data} chosen={search.state} />
            <Results stats={stats.data} />
            <Ledger id={id} stats={stats.data} open={open} live={live} />
          </>
        )}
      </Stack>
      <MessageDrawer
        id={search.message}
        onClose={() => void navigate({ search: ({ message: _, ...rest }) => rest, resetScroll: false })}
      />
    </>
  );
};
