// The table of metrics: name, kind, labels, meaning, and which process has it. README's table is generated from it, and
// nothing can be counted that does not stand here. Labels take few values: types, queues, routes; never ids or people.

export interface MetricSpec {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  readonly meaning: string;
  /** Which processes have it: all, or those of one group. */
  readonly where: "every process" | "gateway" | "email" | "scheduler";
}

export const metricTable = {
  lc_build_info: {
    kind: "gauge",
    labels: ["version", "services"],
    meaning: "1; which version runs here, and which services",
    where: "every process",
  },
  lc_ready: { kind: "gauge", labels: [], meaning: "1 when `/health/ready` answers 200", where: "every process" },
  lc_jobs_finished_total: {
    kind: "counter",
    labels: ["type", "outcome"],
    meaning: "Runs of jobs that ended: completed, failed, retried (failed, runs again), returned (no attempt counted)",
    where: "every process",
  },
  lc_job_wait_seconds: {
    kind: "histogram",
    labels: ["type"],
    meaning: "From the moment a job was due to the start of its handler",
    where: "every process",
  },
  lc_job_run_seconds: {
    kind: "histogram",
    labels: ["type"],
    meaning: "From the start of the handler to its end",
    where: "every process",
  },
  lc_jobs_running: { kind: "gauge", labels: ["group"], meaning: "Jobs that run here now", where: "every process" },
  lc_relay_published_total: {
    kind: "counter",
    labels: ["kind"],
    meaning: "Jobs and events that this process moved from Postgres to their streams",
    where: "every process",
  },
  lc_relay_failures_total: {
    kind: "counter",
    labels: ["kind"],
    meaning: "Times that moving them failed; what failed is tried again",
    where: "every process",
  },
  lc_postgres_connections: {
    kind: "gauge",
    labels: ["pool", "state"],
    meaning: "Connections of this process: used, idle, and wanted (somebody waits for one)",
    where: "every process",
  },
  lc_redis_connected: {
    kind: "gauge",
    labels: [],
    meaning: "1 while the connection for short commands is ready",
    where: "every process",
  },
  lc_scrape_errors_total: {
    kind: "counter",
    labels: ["part"],
    meaning: "Times that a part of this page could not be read in time; its metrics are missing then",
    where: "every process",
  },
  lc_http_requests_total: {
    kind: "counter",
    labels: ["method", "route", "status"],
    meaning: "Requests that were answered, by the pattern of their path; `other` are pages, files and unknown paths",
    where: "gateway",
  },
  lc_http_request_seconds: {
    kind: "histogram",
    labels: ["method", "route"],
    meaning: "From the request to the end of its answer; live streams and uploads as long as they last",
    where: "gateway",
  },
  lc_messages_total: {
    kind: "counter",
    labels: ["channel", "outcome"],
    meaning: "Hand-overs whose outcome was written: accepted, rejected, transient, throttled, not_sent, unknown",
    where: "email",
  },
  lc_queue_jobs: {
    kind: "gauge",
    labels: ["queue", "state"],
    meaning: "Live jobs of the platform: scheduled (for later), queued (due), running",
    where: "scheduler",
  },
  lc_queue_oldest_seconds: {
    kind: "gauge",
    labels: ["queue"],
    meaning: "How long the oldest due job of a queue has waited; 0 when none waits",
    where: "scheduler",
  },
  lc_queue_held: { kind: "gauge", labels: ["queue"], meaning: "1 while the queue is held", where: "scheduler" },
  lc_outbox_events: {
    kind: "gauge",
    labels: [],
    meaning: "Events that are not in Redis yet (counted up to 10,000)",
    where: "scheduler",
  },
  lc_outbox_oldest_seconds: {
    kind: "gauge",
    labels: [],
    meaning: "How long the oldest of them has waited; 0 when there is none",
    where: "scheduler",
  },
  lc_stream_entries: { kind: "gauge", labels: ["stream"], meaning: "Entries of an event stream", where: "scheduler" },
  lc_stream_pending: {
    kind: "gauge",
    labels: ["stream", "group"],
    meaning: "Events that a group was given and has not confirmed",
    where: "scheduler",
  },
  lc_stream_unread: {
    kind: "gauge",
    labels: ["stream", "group"],
    meaning: "Events that a group has not been given yet",
    where: "scheduler",
  },
  lc_dead_letters: { kind: "gauge", labels: ["group"], meaning: "Dead letters of a group", where: "scheduler" },
  lc_schedule_drift_seconds: {
    kind: "gauge",
    labels: ["schedule"],
    meaning: "How late the last slot fired",
    where: "scheduler",
  },
  lc_schedule_missed: {
    kind: "gauge",
    labels: ["schedule"],
    meaning: "Slots of the last 24 hours that nobody fired",
    where: "scheduler",
  },
} as const satisfies Readonly<Record<string, MetricSpec>>;

export type MetricName = keyof typeof metricTable;
