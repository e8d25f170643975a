// What was sent and read lately: today by channel, and the last days beside the days before them.
import { Text } from "@mantine/core";
import type { Period } from "../../../../shared/contracts/overview.ts";
import type { ApiResult } from "../../api.ts";
import { type Fact, Figures, Section } from "../../parts/page.tsx";
import { count, share } from "../../words.ts";

const channels = { email: "email", sms: "SMS", call: "calls" } as const;

/** A share, with the share of the days before as a note where something was sent then. */
const compared = (name: string, part: keyof Period, { period, previous }: ApiResult<"overview.show">): Fact => {
  const before = previous.sent > 0 ? [`was ${share(previous[part], previous.sent)}`] : [];
  if (period.sent === 0) return { name, value: "–", note: before.join("") };
  return { name, value: share(period[part], period.sent), note: [count(period[part]), ...before].join(" · ") };
};
const was = (value: number, { previous }: ApiResult<"overview.show">) =>
  previous.sent > 0 ? { note: `was ${count(value)}` } : {};

/** The figures of the Overview. Opens and clicks are people's; programs that look into mail are left out. */
export const Lately = ({ overview }: { readonly overview: ApiResult<"overview.show"> }) => {
  const { today, days, period, previous } = overview;
  const sentToday = today.filter(({ sent }) => sent > 0);
  const facts: Fact[] = [
    ...(sentToday.length === 0
      ? [{ name: "Sent today", value: "0" }]
      : sentToday.map(({ channel, sent }) => ({
          name: "Sent today",
          value: count(sent),
          note: channels[channel],
        }))),
    { name: "Sent", value: count(period.sent), ...was(previous.sent, overview) },
    period.delivered + previous.delivered === 0
      ? { name: "Delivered", value: "–", note: "not reported by this provider" }
      : compared("Delivered", "delivered", overview),
    compared("Opened by people", "opens", overview),
    compared("Clicked by people", "clicks", overview),
    {
      name: "Bounced or failed",
      value: count(period.bounced + period.failed),
      ...was(previous.bounced + previous.failed, overview),
    },
  ];
  return (
    <Section
      title={`The last ${days} days`}
      aside={
        previous.sent > 0 && (
          <Text fz="sm" c="dimmed">
            and what it was in the {days} days before
          </Text>
        )
      }
    >
      <Figures facts={facts} />
    </Section>
  );
};
