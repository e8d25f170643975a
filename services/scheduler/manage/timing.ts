// Cron expressions and time zones as people give them: checked, with words about what is wrong and what would be right.
import { type FieldError, fail } from "../../../shared/contracts/errors.ts";
import { nearestName } from "../../../shared/lib/nearest.ts";
import { normaliseTimezone } from "../../../shared/lib/timezone.ts";
import { localIso } from "../../../shared/lib/wall-time.ts";
import { nextSlots, refuseTiming, type Timing } from "../slots.ts";

const example = "such as `30 4 * * 1` (Mondays at 04:30)";
/** How many of the next times are shown. */
const shownNext = 5;

const wrongCron = (cron: string): string | undefined => {
  const fields = cron.split(/\s+/);
  // The platform's own schedules may have seconds; a field too many by mistake must not start a job every second.
  if (fields.length !== 5)
    return `found ${fields.length} ${fields.length === 1 ? "field" : "fields"}; expected five: minute, hour, day of month, month, day of week, ${example}`;
  // The library makes something up for H, and in each process something else.
  const refused = /\bH\b/i.test(cron)
    ? "H stands for any value, and each process would choose another"
    : refuseTiming({ cron, timezone: "UTC" });
  return refused && `cannot be read: ${refused}; expected minute, hour, day of month, month, day of week, ${example}`;
};

const wrongZone = (timezone: string): string => {
  const near = nearestName(timezone, Intl.supportedValuesOf("timeZone"));
  return `found ${JSON.stringify(timezone)}; expected the name of a time zone, such as ${near ?? "Europe/Berlin"} or UTC`;
};

/** A timing with single spaces and the zone's usual spelling. Throws VALIDATION_FAILED with paths `cron` and `timezone`. */
export const readTiming = (given: Timing): Timing => {
  const cron = given.cron.trim().split(/\s+/).join(" ");
  const timezone = normaliseTimezone(given.timezone);
  const cronRefused = wrongCron(cron);
  const errors: FieldError[] = [];
  if (cronRefused) errors.push({ path: "cron", message: cronRefused });
  if (!timezone) errors.push({ path: "timezone", message: wrongZone(given.timezone) });
  if (timezone && errors.length === 0) return { cron, timezone };
  throw fail("VALIDATION_FAILED", `The schedule cannot take this: ${errors[0]?.path}: ${errors[0]?.message}`, {
    errors,
  });
};

/** The next times of a timing that can be read, in UTC and in its zone. */
export const upcoming = (timing: Timing, after: Date): { at: string; local: string }[] =>
  nextSlots(timing, after, shownNext).map((at) => ({ at: at.toISOString(), local: localIso(timing.timezone, at) }));
