// Where a segment is used: campaigns with it as their audience, and saved views that filter by it.
import { Text } from "@mantine/core";
import { TextLink } from "../../parts/link.tsx";
import { Section } from "../../parts/page.tsx";
import { useRead } from "../../query.ts";
import { campaignWords } from "../../words.ts";
import css from "./segments.module.css";

const statusWord = (status: string): string =>
  Object.hasOwn(campaignWords, status) ? campaignWords[status as keyof typeof campaignWords].label : status;

/** The section; says so when it is used nowhere. */
export const Usage = ({ id }: { readonly id: string }) => {
  const usage = useRead("segments.usage", { id });
  if (!usage.data) return null;
  const { campaigns, views } = usage.data;
  return (
    <Section title="Where it is used">
      {campaigns.length + views.length === 0 ? (
        <Text fz="sm" c="dimmed">
          Nowhere yet.
        </Text>
      ) : (
        <ul className={`lc-plain-list ${css["sample"]}`}>
          {campaigns.map((campaign) => (
            <li key={campaign.id}>
              <TextLink to="/campaigns/$id" params={{ id: campaign.id }} fz="sm">
                {campaign.name}
              </TextLink>
              <Text span fz="xs" c="dimmed">
                campaign, {statusWord(campaign.status)}
              </Text>
            </li>
          ))}
          {views.map((view) => (
            <li key={view.id}>
              <TextLink to="/contacts" search={{ segmentId: id }} fz="sm">
                {view.name}
              </TextLink>
              <Text span fz="xs" c="dimmed">
                saved view
              </Text>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
};
