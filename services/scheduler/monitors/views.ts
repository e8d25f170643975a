// Rules, incidents and channels as the API shows them.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { AlertChannels, Incident, Monitor, monitors, Notice } from "../../../shared/contracts/monitors.ts";
import { idOfCursor, pageById } from "../../../shared/db/id-page.ts";
import { goingOn, type IncidentRow, searchIncidents } from "./incidents/store.ts";
import { incidentSentence, kinds, ruleSentence } from "./kinds.ts";
import { webhookSecret } from "./notices/call-webhook.ts";
import { latestNotices, type NoticeRow } from "./notices/store.ts";
import { mailProblem, recipientsOf } from "./notices/tell.ts";
import { type ClockRow, findMonitor, listMonitors, type MonitorRow, readChannels, readClock } from "./store.ts";

type MonitorView = z.input<typeof Monitor>;

const silenceOf = (
  row: {
    readonly silencedUntil: Date | null;
    readonly silenceReason: string | null;
    readonly silencedBy: string | null;
  },
  now: Date,
) =>
  row.silencedUntil && row.silencedUntil > now
    ? { until: row.silencedUntil.toISOString(), reason: row.silenceReason, by: row.silencedBy }
    : null;

const stateOf = (row: MonitorRow, own: readonly IncidentRow[]): MonitorView["state"] => {
  if (!row.enabled) return "off";
  if (own.some(({ state }) => state === "open")) return "open";
  return own.length > 0 ? "rising" : "calm";
};

const monitorView = (row: MonitorRow, clock: ClockRow, incidents: readonly IncidentRow[]): MonitorView => ({
  ...{ id: row.id, kind: row.kind, name: row.name, sentence: ruleSentence(row), subject: row.subject },
  ...{ unit: kinds[row.kind].unit, threshold: row.threshold, clearAt: row.clearAt },
  ...{ forSeconds: row.forSeconds, clearForSeconds: row.clearForSeconds, enabled: row.enabled },
  builtIn: row.builtIn !== null,
  silenced: silenceOf(row, clock.now),
  state: stateOf(
    row,
    incidents.filter(({ monitorId }) => monitorId === row.id),
  ),
  last: row.enabled ? (clock.readings[row.id] ?? null) : null,
  updatedAt: row.updatedAt.toISOString(),
});

/** Every rule, and when somebody looked last. */
export const showMonitors = async (deps: Deps) => {
  const [rows, clock, incidents] = await Promise.all([listMonitors(deps.db), readClock(deps.db), goingOn(deps.db)]);
  return {
    data: rows.map((row) => monitorView(row, clock, incidents)),
    evaluatedAt: clock.evaluatedAt?.toISOString() ?? null,
  };
};

/** The rule with this id. Throws MONITOR_NOT_FOUND. */
export const requireMonitor = async (deps: Deps, id: string): Promise<MonitorRow> => {
  const row = await findMonitor(deps.db, id);
  if (!row) throw fail("MONITOR_NOT_FOUND", `No rule has the id ${id}. GET /monitors lists them.`);
  return row;
};

/** One rule. Throws MONITOR_NOT_FOUND. */
export const showMonitor = async (deps: Deps, id: string): Promise<MonitorView> => {
  const [row, clock, incidents] = await Promise.all([requireMonitor(deps, id), readClock(deps.db), goingOn(deps.db)]);
  return monitorView(row, clock, incidents);
};

type IncidentView = z.input<typeof Incident>;

/** A page of incidents, newest first. Throws CURSOR_INVALID. */
export const listIncidents = async (
  deps: Deps,
  { limit, cursor, ...filter }: z.output<typeof monitors.actions.incidents.params>,
): Promise<{ data: IncidentView[]; nextCursor: string | null }> => {
  const rows = await searchIncidents(deps.db, filter, { limit: limit + 1, before: idOfCursor(cursor) });
  const { data, nextCursor } = pageById(rows, limit);
  return {
    nextCursor,
    data: data.map((row) => ({
      ...{ id: row.id, monitorId: row.monitorId, name: row.name, kind: row.kind, unit: kinds[row.kind].unit },
      ...{ subject: row.subject, detail: row.detail, flaps: row.flaps },
      // Once it is well again the newest value would tell of no trouble at all.
      sentence: incidentSentence(
        row.kind,
        row.subject,
        row.state === "open" && row.clearSince === null ? row.lastValue : row.worstValue,
      ),
      state: row.state === "open" ? "open" : "recovered",
      openedAt: (row.openedAt ?? row.breachedAt).toISOString(),
      wellSince: row.state === "open" ? (row.clearSince?.toISOString() ?? null) : null,
      recoveredAt: row.recoveredAt?.toISOString() ?? null,
      ...{ openingValue: row.openingValue ?? row.worstValue, worstValue: row.worstValue, lastValue: row.lastValue },
      notifiedAt: row.notifiedAt?.toISOString() ?? null,
    })),
  };
};

/** A notice as it is shown. */
export const noticeView = (row: NoticeRow): z.input<typeof Notice> => ({
  ...{ id: row.id, at: row.at.toISOString(), test: row.test, title: row.body.title },
  ...{ emailed: row.emailed, webhook: row.webhook, webhookError: row.webhookError },
});

/** Whom incidents are told to, and what was told lately. */
export const showChannels = async (deps: Deps): Promise<z.input<typeof AlertChannels>> => {
  const row = await readChannels(deps.db);
  const [recipients, problem, notices] = await Promise.all([
    recipientsOf(deps.db, row),
    mailProblem(deps.db),
    latestNotices(deps.db, 10),
  ]);
  return {
    email: { on: row.emailOn, to: [...row.emailTo], recipients: [...recipients], problem },
    webhook: { url: row.webhookUrl, secret: webhookSecret(row.webhookSalt) },
    reminderHours: row.reminderHours,
    silenced: silenceOf(row, deps.clock.now()),
    notices: notices.map(noticeView),
  };
};
