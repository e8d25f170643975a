// Which backups stay, and how the variables of backups are read.
import { describe, expect, it } from "vitest";
import { expired } from "../../shared/backup/retention.ts";
import { readKeep } from "../../shared/backup-variables.ts";
import { readS3Address, s3Place } from "../../shared/s3-address.ts";

const daily = (days: number, from = "2026-11-22T03:00:00.000Z") =>
  Array.from({ length: days }, (_, day) => ({ takenAt: new Date(Date.parse(from) - day * 86_400_000).toISOString() }));
const kept = (backups: readonly { takenAt: string }[], keep: string) => {
  const gone = new Set(expired(backups, readKeep(keep) ?? { daily: 0, weekly: 0, monthly: 0 }));
  return backups.filter((backup) => !gone.has(backup)).map(({ takenAt }) => takenAt.slice(0, 10));
};

describe("retention", () => {
  it("keeps the newest of so many days, weeks and months", () => {
    // 2026-11-22 is a Sunday, so the weeks before it end on the 15th and the 8th.
    expect(kept(daily(100), "3d,3w,3m")).toEqual([
      "2026-11-22",
      "2026-11-21",
      "2026-11-20",
      "2026-11-15",
      "2026-11-08",
      "2026-10-31",
      "2026-09-30",
    ]);
  });
  it("keeps the newest of a day, and always those of the last 24 hours", () => {
    const at = (hour: string) => ({ takenAt: `2026-11-${hour}:00:00.000Z` });
    const all = [at("20T03"), at("20T15"), at("21T23"), at("22T03"), at("22T15")];
    expect(expired(all, { daily: 7, weekly: 0, monthly: 0 })).toEqual([all[0]]);
    expect(expired(all, { daily: 0, weekly: 0, monthly: 0 })).toEqual([all[1], all[0]]);
  });
  it("counts days that have a backup, so that a pause costs none", () => {
    const old = daily(3, "2026-01-10T03:00:00.000Z");
    expect(kept([...daily(1), ...old], "4d")).toEqual(["2026-11-22", "2026-01-10", "2026-01-09", "2026-01-08"]);
  });
  it("reads what is to be kept, and refuses what is no such text", () => {
    expect(readKeep("7d,4w,6m")).toEqual({ daily: 7, weekly: 4, monthly: 6 });
    expect(readKeep("2w")).toEqual({ daily: 0, weekly: 2, monthly: 0 });
    for (const wrong of ["", "7", "d", "0d", "7d,4y", "-1d"]) expect(readKeep(wrong)).toBeUndefined();
  });
});

describe("LC_S3_URL", () => {
  it("names key, host, bucket, prefix and region", () => {
    const address = readS3Address("s3://AKIA:s%2Fe%2Bcret@s3.example.org:9000/bucket/a/b/?region=eu-west-1&tls=off");
    expect(address).toEqual({
      key: "AKIA",
      secret: "s/e+cret",
      endpoint: "http://s3.example.org:9000",
      bucket: "bucket",
      prefix: "a/b",
      region: "eu-west-1",
      pathStyle: true,
    });
    if ("problem" in address) throw new Error(address.problem);
    expect(s3Place(address)).toBe("s3://s3.example.org:9000/bucket/a/b");
  });
  it.each([
    "https://key:secret@host/bucket",
    "s3://host/bucket",
    "s3://key:secret@host",
    "s3://key:secret@host/bucket?color=red",
    "s3://key:secret@host/bucket?style=other",
    "s3://key:%@host/bucket",
    "nonsense",
  ])("is refused when it is %s", (text) => {
    expect(readS3Address(text)).toHaveProperty("problem");
  });
});
