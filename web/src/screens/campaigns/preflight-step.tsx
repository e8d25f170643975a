// Preflight: who would get it, who would not and why, and what their mails would lack. Nothing is sent by looking.
import { Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import type { Channel } from "../../../../shared/contracts/channel.ts";
import { Icon } from "../../parts/icon.tsx";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { Figures, Section } from "../../parts/page.tsx";
import { useRead } from "../../query.ts";
import { count, counted, duration, reasonWords, share } from "../../words.ts";
import css from "./campaigns.module.css";
import { ConsentOffers } from "./consent-offers.tsx";
import { LaunchProblems } from "./launch-problems.tsx";

/** Third step of the wizard. */
export const PreflightStep = ({ id, channel }: { readonly id: string; readonly channel: Channel }) => {
  const preflight = useRead("campaigns.preflight", { id });
  if (preflight.isError && !preflight.data)
    return <ProblemNote problem={preflight.error} retry={() => void preflight.refetch()} />;
  if (!preflight.data) {
    return (
      <Section title="Counting">
        <Skeleton height={120} role="status" aria-label="Counting who would get it" />
      </Section>
    );
  }
  const { recipients, excluded, missingFields, estimate, problems, consentOffers } = preflight.data;
  const reasons = Object.entries(excluded)
    .filter(([, number]) => number > 0)
    .sort((a, b) => b[1] - a[1]);
  const left = reasons.reduce((sum, [, number]) => sum + number, 0);
  return (
    <Stack gap="lg">
      {preflight.isError && <ProblemNote problem={preflight.error} retry={() => void preflight.refetch()} />}
      <LaunchProblems problems={problems} title="This must be solved before launch" />
      <Section
        title="Who gets it"
        aside={
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<Icon name="refresh" size={15} />}
            loading={preflight.isFetching}
            onClick={() => void preflight.refetch()}
          >
            Count again
          </Button>
        }
      >
        <Figures
          facts={[
            { name: "Will get it", value: count(recipients) },
            { name: "Left out", value: count(left), note: `${share(left, left + recipients)} of the audience` },
            { name: "Takes about", value: duration(estimate.seconds) },
          ]}
        />
      </Section>
      {reasons.length > 0 && (
        <Section title="Left out, and why">
          <ul className={`lc-plain-list ${css["reasons"]}`}>
            {reasons.map(([reason, number]) => (
              <li key={reason}>
                <span>{reasonWords(reason)}</span>
                <span className={css["reasonBar"]}>
                  <span style={{ width: `${(100 * number) / (left + recipients)}%` }} />
                </span>
                <b className="lc-numbers">{count(number)}</b>
              </li>
            ))}
          </ul>
        </Section>
      )}
      <ConsentOffers offers={consentOffers} channel={channel} onRecorded={() => void preflight.refetch()} />
      {missingFields.length > 0 ? (
        <Note tone="warn" title="Some mails would have a gap">
          {missingFields.map(({ field, contacts }) => (
            <div key={field}>
              {counted(contacts, "contact")} {contacts === 1 ? "has" : "have"} no <b>{field.replace(/^attrs\./, "")}</b>
              . Give it a default, such as <span className="lc-mono">{`{{${field}|there}}`}</span>, or they are left
              out.
            </div>
          ))}
        </Note>
      ) : (
        problems.length === 0 &&
        recipients > 0 && (
          <Group gap="xs">
            <Icon name="check" size={16} />
            <Text fz="sm" c="dimmed">
              Every field that the mail uses is filled.
            </Text>
          </Group>
        )
      )}
    </Stack>
  );
};
