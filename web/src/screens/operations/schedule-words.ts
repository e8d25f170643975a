// Schedules in words: cron expressions of the usual shapes, what became of a slot, and how late.
import type { SlotView } from "../../../../shared/contracts/schedules.ts";
import type { Word } from "../../words.ts";

const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const shortDays = days.map((day) => day.slice(0, 3).toLowerCase());
const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

const joined = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
const two = (value: number): string => String(value).padStart(2, "0");

/** The numbers of a plain list such as `1,13`; undefined for everything else. */
const numbers = (field: string): readonly number[] | undefined =>
  /^\d+(,\d+)*$/.test(field) ? field.split(",").map(Number) : undefined;
const step = (field: string): number | undefined => {
  const found = /^\*\/(\d+)$/.exec(field);
  return found ? Number(found[1]) : undefined;
};

const dayName = (text: string): string | undefined => {
  const at = /^[0-7]$/.test(text) ? Number(text) % 7 : shortDays.indexOf(text.toLowerCase());
  return days[at];
};
const dayWords = (field: string): string | undefined => {
  const range = /^(\w+)-(\w+)$/.exec(field);
  if (range) {
    const [from, to] = [dayName(range[1] ?? ""), dayName(range[2] ?? "")];
    return from && to && `${from} to ${to}`;
  }
  const named = field.split(",").map(dayName);
  return named.every((one) => one !== undefined) ? `on ${joined(named.map((one) => `${one}s`))}` : undefined;
};

const timesOf = (minute: string, hour: string): string | undefined => {
  const [minutes, hours] = [numbers(minute), numbers(hour)];
  if (minutes?.length !== 1 || !hours || hours.length > 4) return undefined;
  return joined(hours.map((one) => `${two(one)}:${two(minutes[0] ?? 0)}`));
};

/** Within the day, every day alike. */
const withinDay = (minute: string, hour: string): string | undefined => {
  const [minuteStep, hourStep, minutes] = [step(minute), step(hour), numbers(minute)];
  const past = minutes?.length === 1 && minutes[0] !== undefined ? minutes[0] : undefined;
  const after = past === 0 ? "on the hour" : `${past} min past`;
  if (hour === "*") {
    if (minute === "*") return "every minute";
    if (minuteStep) return minuteStep === 1 ? "every minute" : `every ${minuteStep} minutes`;
    return past === undefined ? undefined : `every hour, ${after}`;
  }
  return hourStep && past !== undefined ? `every ${hourStep} hours, ${after}` : undefined;
};

/** A cron expression in words; undefined for shapes that have no short words. */
export const cronWords = (cron: string): string | undefined => {
  const [minute = "", hour = "", day = "", month = "", weekday = "", more] = cron.trim().split(/\s+/);
  if (more !== undefined) return undefined;
  const time = timesOf(minute, hour);
  if (day === "*" && month === "*") {
    if (weekday !== "*") {
      const on = dayWords(weekday);
      return on && time && `${on} at ${time}`;
    }
    return withinDay(minute, hour) ?? (time && `every day at ${time}`);
  }
  const [onDays, inMonths] = [numbers(day), numbers(month)];
  if (!onDays || !time || weekday !== "*") return undefined;
  if (month === "*") return `each month on day ${joined(onDays.map(String))} at ${time}`;
  const named = inMonths?.map((one) => months[one - 1] ?? String(one));
  return named && `each year on ${joined(onDays.map(String))} ${joined(named)} at ${time}`;
};

export const outcomeWords: Readonly<Record<SlotView["outcome"], Word & { readonly sentence: string }>> = {
  fired: { label: "started", tone: "good", sentence: "Its job was started." },
  overlapped: { label: "left out", tone: "neutral", sentence: "The job before was not over." },
  missed: { label: "missed", tone: "bad", sentence: "Nobody was there to start it, and it was not made up for." },
  "by-hand": { label: "by hand", tone: "accent", sentence: "Somebody started it." },
};

export const overlapWords = {
  skip: "leave the new one out",
  allow: "start it beside the other",
} as const;
export const catchUpWords = {
  skip: "leave them out",
  one: "make up for the last one",
  all: "make up for all of them",
} as const;

/** Milliseconds late, or early. */
export const lateWords = (ms: number): string => {
  const size = Math.abs(ms);
  const words =
    size < 1_000
      ? `${Math.round(size)} ms`
      : size < 90_000
        ? `${(size / 1_000).toFixed(1)} s`
        : `${Math.round(size / 60_000)} min`;
  return ms < 0 ? `${words} early` : words;
};

/** An instant as clocks of a zone show it. */
export const inZone = (at: string, timeZone: string): string =>
  new Intl.DateTimeFormat("en", {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone,
  }).format(new Date(at));
/** The same for the reader; the time alone when it is today. */
export const shortly = (at: string, now = new Date()): string => {
  const words = inZone(at, ownZone());
  return new Date(at).toDateString() === now.toDateString() ? (words.split(", ").at(-1) ?? words) : words;
};
/** The reader's own zone. */
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
