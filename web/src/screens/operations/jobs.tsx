// Jobs over all states: found by the person they are about, state, type, queue, tag and time, and acted on in bulk.
import { Text } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { dayBegins, dayEnds } from "../../days.ts";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { ButtonLink } from "../../parts/link.tsx";
import { useMay } from "../../parts/may.tsx";
import { Empty } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { RowLink } from "../../parts/row-link.tsx";
import { SelectionProvider, SelectLoaded, SelectRow, useSelection } from "../../parts/selection.tsx";
import { Status } from "../../parts/status.tsx";
import { useRows } from "../../query.ts";
import { shortMoment } from "../../words.ts";
import { entityWords } from "./entity-link.tsx";
import { JobBulkBar } from "./job-bulk.tsx";
import { JobFilters } from "./job-filters.tsx";
import { attemptWords, type JobFilter, type JobRow, jobStates, momentOf } from "./job-words.ts";
import css from "./jobs.module.css";
import { OperationsPage } from "./operations-page.tsx";

const route = getRouteApi("/app/operations/jobs");
const column = columnsOf<JobRow>();
const box = column.display({
  id: "select",
  header: () => <SelectLoaded />,
  cell: ({ row: { original } }) => (
    <SelectRow id={original.id} name={`${original.type} of ${shortMoment(original.createdAt)}`} />
  ),
  meta: { width: "20px", narrow: "lead" },
});
const others = [
  column.accessor("type", {
    header: "Job",
    cell: ({ row: { original } }) => (
      <span className={css["two"]}>
        <RowLink to="/operations/jobs/$id" params={{ id: original.id }}>
          {original.type}
        </RowLink>
        {original.entity && <small className={css["clip"]}>about {entityWords(original.entity)}</small>}
      </span>
    ),
    meta: { width: "minmax(0, 1.2fr)", narrow: "title" },
  }),
  column.accessor("state", {
    header: "State",
    cell: ({ row: { original } }) => (
      <span className={css["two"]}>
        <Status word={jobStates[original.state]} live={original.state === "running"} />
        {original.error && original.state !== "completed" && (
          <small className={css["clip"]} title={original.error.message}>
            {original.error.message}
          </small>
        )}
      </span>
    ),
    meta: { width: "minmax(0, 1.6fr)", narrow: "line" },
  }),
  column.accessor("attempts", {
    header: "Tries",
    cell: ({ row: { original } }) => attemptWords(original),
    meta: { width: "90px", align: "end", narrow: "hidden" },
  }),
  column.accessor((job) => momentOf(job), {
    id: "when",
    header: "When",
    cell: ({ row: { original } }) => (
      <Text span fz="sm" c="dimmed">
        {shortMoment(momentOf(original))}
      </Text>
    ),
    meta: { width: "110px", align: "end", narrow: "beside" },
  }),
];
const reading: Columns<JobRow> = column.columns(others) as Columns<JobRow>;
const acting: Columns<JobRow> = column.columns([box, ...others]) as Columns<JobRow>;

/** The screen. */
export const Jobs = () => {
  const search = route.useSearch() as JobFilter;
  const navigate = useNavigate({ from: "/operations/jobs" });
  const may = useMay();
  const admin = may("jobs.bulk");
  const asked = Object.fromEntries(
    Object.entries({ ...search, from: dayBegins(search.from), until: dayEnds(search.until) }).filter(
      ([, value]) => value !== undefined,
    ),
  ) as JobFilter;
  const list = useRows("jobs.list", { ...asked, limit: 50 }, { every: 4_000 });
  const selection = useSelection(JSON.stringify(asked));
  const filtered = Object.keys(asked).length > 0;
  return (
    <OperationsPage title="Jobs" lead="Work done in the background. Finished jobs are kept for 14 days.">
      <JobFilters
        filters={search}
        onChange={(changed) =>
          void navigate({ search: (old) => ({ ...old, ...changed }), replace: true, resetScroll: false })
        }
      />
      <Section flush>
        <SelectionProvider value={{ ...selection, rows: list.rows }}>
          <DataTable
            label="Jobs"
            columns={admin ? acting : reading}
            list={list}
            rowKey={(row) => row.id}
            rowHeight={60}
            empty={
              filtered ? (
                <Empty
                  icon="search"
                  title="No job matches"
                  actions={
                    <ButtonLink to="/operations/jobs" search={{}} variant="default">
                      Show all jobs
                    </ButtonLink>
                  }
                >
                  {asked.person || asked.contactId
                    ? "Nothing was done in the background for this person lately, or it is done by a job for many people, such as an import or a campaign."
                    : "Take a filter away, or choose a longer time."}
                </Empty>
              ) : (
                <Empty icon="operations" title="No jobs yet">
                  Imports, campaigns and everything else that happens in the background gets a line here.
                </Empty>
              )
            }
          />
        </SelectionProvider>
      </Section>
      {admin && <JobBulkBar selection={selection} filter={asked} more={list.hasMore} loaded={list.rows.length} />}
    </OperationsPage>
  );
};
