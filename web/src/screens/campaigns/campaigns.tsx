// Campaigns, newest first, with where each stands.
import { Group, NativeSelect, Text } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { Campaign, CampaignStatus } from "../../../../shared/contracts/campaigns.ts";
import { useLive } from "../../live.ts";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ButtonLink } from "../../parts/link.tsx";
import { useMay } from "../../parts/may.tsx";
import { Empty } from "../../parts/note.tsx";
import { PageHead, Section } from "../../parts/page.tsx";
import { RowLink } from "../../parts/row-link.tsx";
import { SearchBox } from "../../parts/search-box.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead, useRows } from "../../query.ts";
import { campaignWords, moment, shortMoment } from "../../words.ts";
import { moving } from "./progress.tsx";

const route = getRouteApi("/app/campaigns");

const AudienceCell = ({ audience }: { readonly audience: Campaign["audience"] }) => {
  const segments = useRead("segments.list", { limit: 1000 }, { enabled: audience.segmentId !== undefined });
  return <>{audienceWords(audience, segments.data?.data)}</>;
};

/** Who a campaign goes to, in words. */
export const audienceWords = (
  audience: Campaign["audience"],
  segments: readonly { id: string; name: string }[] | undefined,
): string => {
  if (audience.all) return "everyone";
  if (audience.tag !== undefined) return `tag “${audience.tag}”`;
  return segments?.find((segment) => segment.id === audience.segmentId)?.name ?? "a segment";
};

const column = columnsOf<Campaign>();
const columns = column.columns([
  column.accessor("name", {
    header: "Name",
    cell: ({ row: { original } }) => (
      <RowLink to="/campaigns/$id" params={{ id: original.id }}>
        {original.name}
      </RowLink>
    ),
    meta: { width: "minmax(0, 2fr)", narrow: "title" },
  }),
  column.accessor("status", {
    header: "State",
    cell: ({ row }) => <Status word={campaignWords[row.original.status]} live={moving(row.original.status)} />,
    meta: { width: "190px", narrow: "line" },
  }),
  column.display({
    id: "audience",
    header: "Audience",
    cell: ({ row }) => <AudienceCell audience={row.original.audience} />,
    meta: { width: "minmax(0, 1fr)", narrow: "hidden" },
  }),
  column.display({
    id: "when",
    header: "When",
    cell: ({ row: { original } }) => (
      <Text span fz="sm" c="dimmed">
        {original.status === "scheduled" && original.schedule
          ? moment(original.schedule.at)
          : shortMoment(original.launchedAt ?? original.createdAt)}
      </Text>
    ),
    meta: { width: "150px", align: "end", narrow: "beside" },
  }),
]) as Columns<Campaign>;

/** The list of campaigns. */
export const Campaigns = () => {
  const filters = route.useSearch();
  const navigate = useNavigate({ from: "/campaigns" });
  const live = useLive("campaigns");
  const list = useRows("campaigns.list", { ...filters, limit: 100 }, { every: live ? 20_000 : 4000 });
  const filtered = Object.keys(filters).length > 0;
  const may = useMay();
  const create = may("campaigns.create") && (
    <ButtonLink to="/campaigns/new" leftSection={<Icon name="plus" size={16} />}>
      New campaign
    </ButtonLink>
  );
  return (
    <>
      <PageHead title="Campaigns" lead="One mail to many people, each of them accounted for." actions={create} />
      <Group gap="xs" mb="md">
        <SearchBox
          label="Search campaigns"
          placeholder="Name"
          value={filters.q}
          onChange={(q) => void navigate({ search: (search) => ({ ...search, q }), replace: true })}
        />
        <NativeSelect
          aria-label="State"
          value={filters.status ?? ""}
          onChange={(event) =>
            void navigate({
              search: (search) => ({
                ...search,
                status: (event.currentTarget.value || undefined) as CampaignStatus | undefined,
              }),
              replace: true,
            })
          }
        >
          <option value="">Any state</option>
          {Object.entries(campaignWords).map(([status, word]) => (
            <option key={status} value={status}>
              {word.label}
            </option>
          ))}
        </NativeSelect>
      </Group>
      <Section flush>
        <DataTable
          label="Campaigns"
          columns={columns}
          list={list}
          rowKey={(row) => row.id}
          empty={
            filtered ? (
              <Empty
                icon="search"
                title="No campaign matches"
                actions={
                  <ButtonLink to="/campaigns" search={{}} variant="default">
                    Show all campaigns
                  </ButtonLink>
                }
              />
            ) : (
              <Empty icon="campaigns" title="No campaign yet" actions={create}>
                {create && "Choose who gets it, write it, see who would be left out and why, then launch."}
              </Empty>
            )
          }
        />
      </Section>
    </>
  );
};
