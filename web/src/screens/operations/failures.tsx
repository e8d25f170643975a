// Failed jobs by kind of failure, so that a thousand failures of one cause are one line to act on.
import { Button, Group, NativeSelect, Skeleton, Text } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { ApiResult } from "../../api.ts";
import { ButtonLink, TextLink } from "../../parts/link.tsx";
import { useMay } from "../../parts/may.tsx";
import { Empty, ProblemNote } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { useRead } from "../../query.ts";
import { count, counted, moment } from "../../words.ts";
import { type AskedAct, JobBulkDialog } from "./job-bulk.tsx";
import { errorWords, type JobVerb } from "./job-words.ts";
import css from "./jobs.module.css";
import { OperationsPage } from "./operations-page.tsx";

const route = getRouteApi("/app/operations/failures");
type Kind = ApiResult<"jobs.failures">["data"][number];
const hourMs = 3_600_000;
const windows = {
  hour: { label: "Last hour", ms: hourMs },
  day: { label: "Last 24 hours", ms: 24 * hourMs },
  week: { label: "Last 7 days", ms: 7 * 24 * hourMs },
  all: { label: "All that is kept", ms: 400 * 24 * hourMs },
} as const;
const roundMs = 60_000;

const [wide, high] = [120, 24];
/** Failures over the window as small bars; the numbers stand beside it in words. */
const Spark = ({ counts }: { readonly counts: readonly number[] }) => {
  const most = Math.max(1, ...counts);
  const step = wide / Math.max(1, counts.length);
  return (
    <svg className={css["spark"]} width={wide} height={high} aria-hidden="true">
      {counts.map((n, index) => {
        const height = n === 0 ? 1 : Math.max(3, (n / most) * high);
        return (
          <rect
            key={index}
            x={index * step}
            y={high - height}
            width={step - 1}
            height={height}
            fill="currentColor"
            opacity={n === 0 ? 0.25 : 0.85}
          />
        );
      })}
    </svg>
  );
};

interface LineProps {
  readonly kind: Kind;
  readonly admin: boolean;
  readonly onAsk: (act: JobVerb) => void;
}

/** When the first and the last were, said once when that is the same minute. */
const between = ({ firstAt, lastAt }: Kind): string => [...new Set([moment(firstAt), moment(lastAt)])].join(" to ");

const Line = ({ kind, admin, onAsk }: LineProps) => (
  <li>
    <div className={css["kindHead"]}>
      <span className={css["kindName"]}>
        {kind.type}: {kind.error ? errorWords(kind.error.class) : "no error kept"}
      </span>
      <Group gap="sm" wrap="nowrap">
        <Spark counts={kind.counts} />
        <strong className="lc-numbers">{counted(kind.count, "failure")}</strong>
      </Group>
    </div>
    {kind.error && (
      <Text fz="sm" className="lc-break">
        {kind.error.message}
      </Text>
    )}
    <div className={css["kindFoot"]}>
      <span className={css["quiet"]}>
        {between(kind)}, queue {kind.queue}
      </span>
      <Group gap={6}>
        <TextLink to="/operations/jobs/$id" params={{ id: kind.jobId }} fz="sm" mr={6}>
          Newest job
        </TextLink>
        <TextLink
          to="/operations/jobs"
          search={{ state: "failed", fingerprint: kind.fingerprint }}
          fz="sm"
          mr={6}
          aria-label={`Show the jobs: ${kind.type}`}
        >
          Show the jobs
        </TextLink>
        {admin && (
          <>
            <Button
              variant="default"
              size="compact-sm"
              aria-label={`Run all again: ${kind.type}`}
              onClick={() => onAsk("retry")}
            >
              Run all again
            </Button>
            <Button
              variant="default"
              size="compact-sm"
              className={css["danger"] ?? ""}
              aria-label={`Delete all: ${kind.type}`}
              onClick={() => onAsk("delete")}
            >
              Delete all
            </Button>
          </>
        )}
      </Group>
    </div>
  </li>
);

/** The screen. */
export const Failures = () => {
  const { over = "week", sort = "last" } = route.useSearch() as {
    over?: keyof typeof windows;
    sort?: "last" | "count";
  };
  const navigate = useNavigate({ from: "/operations/failures" });
  const may = useMay();
  const [asked, setAsked] = useState<AskedAct>();
  // By the minute, so that the question stays the same while it is asked again.
  const from = new Date(Math.floor((Date.now() - windows[over].ms) / roundMs) * roundMs).toISOString();
  const failures = useRead("jobs.failures", { from, sort, limit: 200 }, { every: 5_000, keep: true });
  const kinds = failures.data?.data ?? [];
  const total = failures.data?.total ?? 0;
  return (
    <OperationsPage title="Failures" lead="Jobs that failed for good, put together by what went wrong.">
      <div className={css["filters"]}>
        <NativeSelect
          aria-label="Over which time"
          value={over}
          onChange={(event) => {
            const next = event.currentTarget.value as keyof typeof windows;
            void navigate({ search: (old) => ({ ...old, over: next === "week" ? undefined : next }), replace: true });
          }}
        >
          {Object.entries(windows).map(([name, { label }]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </NativeSelect>
        <NativeSelect
          aria-label="In which order"
          value={sort}
          onChange={(event) => {
            const next = event.currentTarget.value === "count" ? ("count" as const) : undefined;
            void navigate({ search: (old) => ({ ...old, sort: next }), replace: true });
          }}
        >
          <option value="last">Newest first</option>
          <option value="count">Most frequent first</option>
        </NativeSelect>
      </div>
      {failures.isPending && <Skeleton height={160} role="status" aria-label="Loading failures" />}
      {failures.isError && <ProblemNote problem={failures.error} retry={() => void failures.refetch()} />}
      {failures.data &&
        (kinds.length === 0 ? (
          <Section>
            <Empty
              icon="check"
              title="Nothing failed"
              actions={
                <ButtonLink to="/operations/jobs" search={{}} variant="default">
                  All jobs
                </ButtonLink>
              }
            >
              No job of this time failed for good. What is still being tried again is listed with the jobs.
            </Empty>
          </Section>
        ) : (
          <Section flush title={counted(total, "kind of failure", "kinds of failures")}>
            <ul className={`lc-plain-list ${css["kinds"]}`}>
              {kinds.map((kind) => (
                <Line
                  key={`${kind.fingerprint} ${kind.type}`}
                  kind={kind}
                  admin={may("jobs.bulk")}
                  onAsk={(act) =>
                    setAsked({ act, which: { filter: { state: "failed", fingerprint: kind.fingerprint } } })
                  }
                />
              ))}
            </ul>
            {total > kinds.length && (
              <Text fz="sm" c="dimmed" p="md">
                {count(total - kinds.length)} more are not shown; choose a shorter time.
              </Text>
            )}
          </Section>
        ))}
      <JobBulkDialog asked={asked} onClose={() => setAsked(undefined)} />
    </OperationsPage>
  );
};
