// Whether the clocks of the servers and of this machine agree: leases, schedules and sign-in count on it.
import { about, type Finding } from "../finding.ts";

const { ok, warning, problem } = about("Clock");
const SKEW_MS = 2_000;
const BAD_SKEW_MS = 30_000;

/** `aheadMs`: milliseconds by which the other clock is ahead of ours; undefined when nobody told it. */
export const checkClock = (name: string, aheadMs: number | undefined): Finding[] => {
  if (aheadMs === undefined) return [];
  const seconds = (Math.abs(aheadMs) / 1000).toFixed(1);
  if (Math.abs(aheadMs) <= SKEW_MS) return [ok(name, `the same time as here, to ${seconds} s`)];
  const found = `${seconds} s ${aheadMs > 0 ? "ahead of" : "behind"} this machine`;
  const advice =
    "Let both follow a time server (chrony, systemd-timesyncd): leases, schedules and sign-in count on it.";
  return [(Math.abs(aheadMs) > BAD_SKEW_MS ? problem : warning)(name, found, advice)];
};
