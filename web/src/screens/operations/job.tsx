// One job: what it is about, when what happened, the error of each try, its log, and its input, hidden until asked for.
import { Progress, Stack, Text } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { ButtonLink, TextLink } from "../../parts/link.tsx";
import { useMay } from "../../parts/may.tsx";
import { Empty, ProblemNote } from "../../parts/note.tsx";
import { Facts, PageSkeleton, Section } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { Tags } from "../../parts/tags.tsx";
import { useRead } from "../../query.ts";
import { moment, share } from "../../words.ts";
import { CodeBlock } from "./code-block.tsx";
import { EntityLink } from "./entity-link.tsx";
import { JobActs } from "./job-acts.tsx";
import { JobInput } from "./job-input.tsx";
import { JobTries } from "./job-tries.tsx";
import { attemptWords, between, isLive, type JobDetail, jobStates } from "./job-words.ts";
import css from "./jobs.module.css";
import { OperationsPage } from "./operations-page.tsx";
import { typeSentence } from "./type-words.ts";

const route = getRouteApi("/app/operations/jobs/$id");

const laneWords = { high: "before others", normal: "as usual", low: "after others" } as const;

/** When an instant was, and how long after the one before it. */
const after = (at: string, before: string | null, words: string) =>
  before === null ? moment(at) : `${moment(at)}, ${between(before, at)} ${words}`;

const Timeline = ({ job }: { readonly job: JobDetail }) => (
  <Section title="When">
    <Facts
      facts={[
        { name: "Made", value: moment(job.createdAt) },
        { name: job.state === "scheduled" ? "Due" : "Was due", value: moment(job.runAt) },
        { name: "Last started", value: job.startedAt && after(job.startedAt, job.runAt, "after it was due") },
        { name: "Ended", value: job.finishedAt && after(job.finishedAt, job.startedAt, "later") },
        { name: "Tries", value: attemptWords(job) },
        { name: "Worker", value: job.worker && <span className="lc-mono">{job.worker}</span> },
      ].filter((fact) => fact.value)}
    />
  </Section>
);

const About = ({ job }: { readonly job: JobDetail }) => (
  <Section title="What it is">
    <Facts
      facts={[
        { name: "About", value: job.entity && <EntityLink entity={job.entity} /> },
        {
          name: "Kind of failure",
          value: job.fingerprint && (
            <TextLink to="/operations/jobs" search={{ fingerprint: job.fingerprint }} fz="sm">
              all jobs that failed like this
            </TextLink>
          ),
        },
        { name: "Tags", value: job.tags.length > 0 && <Tags tags={job.tags} /> },
        { name: "Queue", value: job.queue },
        { name: "Turn", value: laneWords[job.lane] },
        { name: "Run by", value: job.group },
        { name: "Only one of", value: job.uniqueKey && <span className="lc-mono">{job.uniqueKey}</span> },
        { name: "Asked for by", value: job.requestId && <span className="lc-mono">{job.requestId}</span> },
        { name: "Trace", value: job.traceId && <span className="lc-mono">{job.traceId}</span> },
        { name: "Job id", value: <span className="lc-mono">{job.id}</span> },
      ].filter((fact) => fact.value)}
    />
  </Section>
);

/** The page of one job. */
export const JobScreen = () => {
  const { id } = route.useParams();
  const may = useMay();
  const admin = may("jobs.retry");
  const job = useRead("jobs.get", { id }, { every: 2_000 });
  if (job.isError && (!job.data || job.error.status === 404)) {
    if (job.error.status !== 404 && job.error.status !== 422)
      return <ProblemNote problem={job.error} retry={() => void job.refetch()} />;
    return (
      <Empty
        icon="operations"
        title="No such job"
        actions={
          <ButtonLink to="/operations/jobs" search={{}}>
            All jobs
          </ButtonLink>
        }
      >
        It was deleted, or ended more than 14 days ago.
      </Empty>
    );
  }
  if (!job.data) return <PageSkeleton />;
  const { data } = job;
  return (
    <OperationsPage
      title={data.type}
      lead={typeSentence(data.type)}
      above={
        <TextLink to="/operations/jobs" search={{}} fz="sm">
          Jobs
        </TextLink>
      }
      beside={<Status word={jobStates[data.state]} live={data.state === "running"} />}
      actions={admin && <JobActs job={data} />}
    >
      <div className={css["columns"]}>
        <div className={css["stack"]}>
          {isLive(data.state) && data.progress !== undefined && (
            <Section title="How far">
              <Stack gap={6}>
                <Progress value={100 * data.progress} aria-label="Progress of the job" />
                <Text fz="sm" c="dimmed">
                  {share(data.progress, 1)}
                </Text>
              </Stack>
            </Section>
          )}
          {data.errors.length > 0 && <JobTries job={data} />}
          <JobInput key={`${data.id} ${data.createdAt}`} job={data} admin={admin} />
          <Section title="Log">
            {data.log.length === 0 ? (
              <Text fz="sm" c="dimmed">
                {isLive(data.state) ? "It has written nothing yet." : "It wrote nothing."}
              </Text>
            ) : (
              <CodeBlock label="Log of the job" text={data.log.join("\n")} />
            )}
          </Section>
        </div>
        <div className={css["stack"]}>
          <Timeline job={data} />
          <About job={data} />
        </div>
      </div>
    </OperationsPage>
  );
};
