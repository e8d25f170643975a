// What operators do with rules and channels. Each refusal says what was found and what was expected.
import type { z } from "zod";
import type { Meta } from "../../../shared/broker/context.ts";
import type { Deps } from "../../../shared/broker/deps.ts";
import { config } from "../../../shared/config.ts";
import { type FieldError, fail } from "../../../shared/contracts/errors.ts";
import { jobContracts } from "../../../shared/contracts/index.ts";
import type { MonitorKind, monitors } from "../../../shared/contracts/monitors.ts";
import { normaliseEmail } from "../../../shared/lib/email-address.ts";
import { nearestName } from "../../../shared/lib/nearest.ts";
import { refuseTarget } from "../../../shared/outbound/target.ts";
import { endQuietly } from "./incidents/store.ts";
import { kinds, ruleSentence, usualClearAt, usualClearFor } from "./kinds.ts";
import { findNotice } from "./notices/store.ts";
import { tellTest } from "./notices/tell.ts";
import {
  deleteMonitor,
  holdClock,
  insertMonitor,
  type MonitorFields,
  readChannels,
  type SilenceFields,
  silenceEverything,
  silenceMonitor,
  updateMonitor,
  writeChannels,
} from "./store.ts";
import { noticeView, requireMonitor, showChannels, showMonitor } from "./views.ts";

type Actions = typeof monitors.actions;
type Params<A extends keyof Actions> = z.output<Actions[A]["params"]>;

const wrong = (errors: readonly FieldError[]) =>
  fail("VALIDATION_FAILED", errors.map(({ path, message }) => `${path}: ${message}`).join("; "), { errors });

const known = {
  queue: () => [...new Set([...jobContracts.values()].map(({ queue }) => queue as string))].sort(),
  type: () => [...jobContracts.keys()].sort(),
};
const called = { queue: "queue", type: "job type" };

const refuseSubject = (kind: MonitorKind, subject: string | null): FieldError[] => {
  if (subject === null) return [];
  const { about } = kinds[kind];
  if (!about)
    return [{ path: "subject", message: `found "${subject}"; a rule of this kind is about nothing in particular` }];
  const names = known[about]();
  if (names.includes(subject)) return [];
  const near = nearestName(subject, names);
  return [
    {
      path: "subject",
      message: `found "${subject}", which is no ${called[about]}${near ? `; did you mean ${near}?` : ""} There are ${names.join(", ")}`,
    },
  ];
};

const refuseRule = (kind: MonitorKind, rule: MonitorFields): void => {
  const errors = refuseSubject(kind, rule.subject);
  if (rule.clearAt > rule.threshold)
    errors.push({
      path: "clearAt",
      message: `found ${rule.clearAt}; expected at most the threshold, ${rule.threshold}, or it would never be open`,
    });
  if (kinds[kind].unit === "percent" && rule.threshold >= 100)
    errors.push({ path: "threshold", message: `found ${rule.threshold}%; expected less than 100, or it never opens` });
  if (errors.length > 0) throw wrong(errors);
};

/** Makes a rule. Throws VALIDATION_FAILED. */
export const createMonitor = async (deps: Deps, { kind, ...given }: Params<"create">) => {
  const rule: MonitorFields = {
    name: given.name,
    subject: given.subject ?? null,
    threshold: given.threshold,
    clearAt: given.clearAt ?? usualClearAt(kind, given.threshold),
    forSeconds: given.forSeconds ?? 0,
    clearForSeconds: given.clearForSeconds ?? usualClearFor,
    enabled: given.enabled ?? true,
  };
  refuseRule(kind, rule);
  const id = deps.id();
  await insertMonitor(deps.db, id, kind, rule);
  return showMonitor(deps, id);
};

/** Changes a rule; what goes on of it ends quietly when it is watched no longer. Throws MONITOR_NOT_FOUND, VALIDATION_FAILED. */
export const changeMonitor = async (deps: Deps, { id, ...given }: Params<"update">) => {
  const before = await requireMonitor(deps, id);
  const threshold = given.threshold ?? before.threshold;
  // A limit that was never chosen by hand moves with the threshold.
  const followed = given.threshold !== undefined && before.clearAt === usualClearAt(before.kind, before.threshold);
  const rule: MonitorFields = {
    name: given.name ?? before.name,
    subject: given.subject === undefined ? before.subject : given.subject,
    threshold,
    clearAt:
      given.clearAt ?? (given.clearAt === null || followed ? usualClearAt(before.kind, threshold) : before.clearAt),
    forSeconds: given.forSeconds ?? before.forSeconds,
    clearForSeconds: given.clearForSeconds ?? before.clearForSeconds,
    enabled: given.enabled ?? before.enabled,
  };
  refuseRule(before.kind, rule);
  await deps.db.transaction(async (trx) => {
    await holdClock(trx);
    await updateMonitor(trx, id, rule);
    if (!rule.enabled || rule.subject !== before.subject) await endQuietly(trx, id);
  });
  return showMonitor(deps, id);
};

/** Deletes a rule that people made. Throws MONITOR_NOT_FOUND, MONITOR_BUILT_IN. */
export const removeMonitor = async (deps: Deps, id: string): Promise<{ ok: true }> => {
  const { builtIn, name } = await requireMonitor(deps, id);
  if (builtIn !== null)
    throw fail(
      "MONITOR_BUILT_IN",
      `"${name}" is built in and would come back. Switch it off instead: enabled = false.`,
    );
  await deps.db.transaction(async (trx) => {
    await holdClock(trx);
    await deleteMonitor(trx, id);
  });
  return { ok: true };
};

const mostSilenceMs = 90 * 86_400_000;

const silenceFrom = (deps: Deps, meta: Meta, given: { until: string; reason?: string | undefined }): SilenceFields => {
  const until = new Date(given.until);
  const ahead = until.getTime() - deps.clock.now().getTime();
  if (ahead <= 0)
    throw wrong([{ path: "until", message: `found ${given.until}, which is past; expected a time to come` }]);
  if (ahead > mostSilenceMs)
    throw wrong([
      {
        path: "until",
        message: `found ${given.until}; expected at most 90 days from now. Switch the rule off instead`,
      },
    ]);
  return { until, reason: given.reason ?? null, by: meta.caller?.userId ?? null };
};
const loud: SilenceFields = { until: null, reason: null, by: null };

/** Silences a rule. Throws MONITOR_NOT_FOUND, VALIDATION_FAILED. */
export const silenceRule = async (deps: Deps, { id, ...given }: Params<"silence">, meta: Meta) => {
  await requireMonitor(deps, id);
  await silenceMonitor(deps.db, id, silenceFrom(deps, meta, given));
  return showMonitor(deps, id);
};

/** Ends the silence of a rule. Throws MONITOR_NOT_FOUND. */
export const unsilenceRule = async (deps: Deps, id: string) => {
  await requireMonitor(deps, id);
  await silenceMonitor(deps.db, id, loud);
  return showMonitor(deps, id);
};

/** Silences every rule. Throws VALIDATION_FAILED. */
export const silenceAll = async (deps: Deps, given: Params<"silenceAll">, meta: Meta) => {
  await silenceEverything(deps.db, silenceFrom(deps, meta, given));
  return showChannels(deps);
};

/** Ends the silence over every rule. */
export const unsilenceAll = async (deps: Deps) => {
  await silenceEverything(deps.db, loud);
  return showChannels(deps);
};

/** Sends a test notice, of a rule or of none. Throws MONITOR_NOT_FOUND. */
export const sendTest = async (deps: Deps, id?: string) => {
  const rule = id === undefined ? undefined : await requireMonitor(deps, id);
  const noticeId = await tellTest(deps, rule && { name: rule.name, sentence: ruleSentence(rule) });
  const notice = await findNotice(deps.db, noticeId);
  if (!notice) throw fail("INTERNAL_ERROR", "The notice was deleted while it was made.");
  return noticeView(notice);
};

/** Changes whom incidents are told to. Throws VALIDATION_FAILED. */
export const changeChannels = async (deps: Deps, given: Params<"setChannels">) => {
  const errors: FieldError[] = [];
  const to = given.emailTo?.map((address, index) => {
    const found = normaliseEmail(address);
    if ("problem" in found) errors.push({ path: `emailTo.${index}`, message: found.problem });
    return "problem" in found ? "" : found.email;
  });
  const url = given.webhookUrl === "" ? null : given.webhookUrl;
  const refused = url ? refuseTarget(url, { loopback: !config.production }) : undefined;
  if (refused) errors.push({ path: "webhookUrl", message: refused });
  if (errors.length > 0) throw wrong(errors);
  await deps.db.transaction(async (trx) => {
    const before = await readChannels(trx);
    await writeChannels(trx, {
      emailOn: given.emailOn ?? before.emailOn,
      emailTo: to ? [...new Set(to)] : before.emailTo,
      webhookUrl: url === undefined ? before.webhookUrl : url,
      webhookSalt: given.newSecret ? deps.id() : before.webhookSalt,
      reminderHours: given.reminderHours ?? before.reminderHours,
    });
  });
  return showChannels(deps);
};
