// What clocks on the wall show: offsets of a time zone, and the instants at which a clock shows a time. A wall time is a
// number of milliseconds as if the zone were UTC. On days on which clocks are put forward some do not exist; on days on
// which they are put back some come twice.

const formats = new Map<string, Intl.DateTimeFormat>();

const formatOf = (zone: string): Intl.DateTimeFormat => {
  let format = formats.get(zone);
  if (!format) {
    // Bounded, because the names come from outside.
    if (formats.size > 500) formats.clear();
    format = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
    formats.set(zone, format);
  }
  return format;
};

/** What a zone is ahead of UTC at an instant, in ms. Throws a RangeError for a zone that does not exist. */
export const offsetAt = (zone: string, at: number): number => {
  const name = formatOf(zone)
    .formatToParts(at)
    .find(({ type }) => type === "timeZoneName")?.value;
  const found = /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name ?? "");
  if (!found) return 0;
  const [, sign, hours, minutes, seconds = "0"] = found;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
};

/** Further than any clock is put at once, and nearer than any two changes are. */
const reach = 26 * 3_600_000;

/** The least and the largest offset around an instant, in ms: they differ near a change of the clocks. */
export const offsetsAround = (zone: string, at: number): { readonly low: number; readonly high: number } => {
  const [before, after] = [offsetAt(zone, at - reach), offsetAt(zone, at + reach)];
  return { low: Math.min(before, after), high: Math.max(before, after) };
};

/** The first instant after a change of the clocks between two instants. */
const changeBetween = (zone: string, from: number, to: number): number => {
  const before = offsetAt(zone, from);
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(zone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
};

/**
 * The instants at which clocks show this wall time: one, or two in order when it comes twice. For a time that is left
 * out, the instant at which the clocks jump over it.
 */
export const instantsOf = (zone: string, wall: number): readonly number[] => {
  const before = offsetAt(zone, wall - reach);
  const after = offsetAt(zone, wall + reach);
  if (before === after) return [wall - before];
  const shown = [wall - before, wall - after].filter((at) => at + offsetAt(zone, at) === wall);
  return shown.length > 0 ? shown.sort((a, b) => a - b) : [changeBetween(zone, wall - reach, wall + reach)];
};

/** An instant as clocks of the zone show it: `2026-03-29T03:00:00+02:00`. */
export const localIso = (zone: string, at: Date): string => {
  const offset = offsetAt(zone, at.getTime());
  const minutes = Math.round(Math.abs(offset) / 60_000);
  const two = (value: number) => String(value).padStart(2, "0");
  const wall = new Date(at.getTime() + offset).toISOString().slice(0, 19);
  return `${wall}${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
};
