// The last step: what will happen, the number of recipients typed by hand, then ten seconds in which it can be undone.
// Only after them the launch is sent, with one idempotency key: no double click and no second try launches twice.
import { Button, Progress, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { useNavigate, useRouteContext } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { Campaign } from "../../../../shared/contracts/campaigns.ts";
import { Icon } from "../../parts/icon.tsx";
import { useMay } from "../../parts/may.tsx";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { Facts, Section } from "../../parts/page.tsx";
import { useRead, useWrite } from "../../query.ts";
import { count, counted, duration, moment } from "../../words.ts";
import { audienceWords } from "./campaigns.tsx";
import { useContentWords } from "./content-words.tsx";
import { LaunchProblems } from "./launch-problems.tsx";
import { OnlyIn } from "./only-in.tsx";
import { stillStarter } from "./wizard-fields.ts";

const undoSeconds = 10;

/** Counts down while `running`; calls `done` once at the end. Answers the milliseconds that are left. */
const useCountdown = (running: boolean, done: () => void): number => {
  const [left, setLeft] = useState(undoSeconds * 1000);
  const act = useRef(done);
  act.current = done;
  useEffect(() => {
    if (!running) return;
    const end = performance.now() + undoSeconds * 1000;
    const tick = setInterval(() => {
      const now = end - performance.now();
      setLeft(Math.max(0, now));
      if (now > 0) return;
      clearInterval(tick);
      act.current();
    }, 100);
    return () => {
      clearInterval(tick);
      setLeft(undoSeconds * 1000);
    };
  }, [running]);
  return left;
};

/** Fifth step of the wizard. */
export const ConfirmStep = ({ campaign }: { readonly campaign: Campaign }) => {
  const navigate = useNavigate();
  const { session } = useRouteContext({ from: "/app" });
  const preflight = useRead("campaigns.preflight", { id: campaign.id });
  const segments = useRead("segments.list", { limit: 1000 }, { enabled: campaign.audience.segmentId !== undefined });
  const may = useMay();
  const [typed, setTyped] = useState("");
  const [counting, setCounting] = useState(false);
  const launch = useWrite("campaigns.launch", {
    touches: ["campaigns"],
    done: ({ id }) => void navigate({ to: "/campaigns/$id", params: { id } }),
  });
  const says = useContentWords(campaign.content);
  const left = useCountdown(counting, () => {
    setCounting(false);
    launch.mutate({ id: campaign.id });
  });
  // Not in place of a countdown that runs: what launches by itself keeps its Undo on screen.
  if (preflight.isError && !preflight.data)
    return <ProblemNote problem={preflight.error} retry={() => void preflight.refetch()} />;
  if (!preflight.data) return <Skeleton height={220} />;

  const { recipients, estimate, problems } = preflight.data;
  const later = campaign.schedule !== null;
  const right = typed.replace(/\D/g, "") === String(recipients);
  const facts = [
    {
      name: "Recipients",
      value: (
        <>
          {counted(recipients, "person", "people")} ({audienceWords(campaign.audience, segments.data?.data)}
          <OnlyIn communities={campaign.communities} />)
        </>
      ),
    },
    { name: "Content", value: says },
    {
      name: "Starts",
      value: campaign.schedule
        ? `${moment(campaign.schedule.at)}${campaign.schedule.perRecipientTimezone ? ", in each person's time zone" : ""}`
        : "as soon as it is launched",
    },
    {
      name: "Speed",
      value: campaign.rate ? `at most ${campaign.rate.perSecond} a second` : "as fast as the limits allow",
    },
    { name: "Takes about", value: duration(estimate.seconds) },
    ...(session.sandbox ? [{ name: "Goes to", value: "the mailbox here; nobody outside gets anything" }] : []),
  ];
  return (
    <Stack gap="lg">
      <Section title="This will happen">
        <Facts facts={facts} />
      </Section>
      {preflight.isError && <ProblemNote problem={preflight.error} retry={() => void preflight.refetch()} />}
      <LaunchProblems problems={problems} title="It cannot be launched yet" />
      {launch.error && <ProblemNote problem={launch.error} retry={() => launch.mutate({ id: campaign.id })} />}
      {stillStarter(campaign.content) && (
        <Note tone="warn" title="The mail still has the words that it started with">
          They ask you to write what you want to tell. Go back to the content and change them.
        </Note>
      )}
      {problems.length === 0 && recipients === 0 && (
        <Note tone="warn" title="Nobody would get it">
          Everyone in the audience is left out. The preflight says why.
        </Note>
      )}
      {!may("campaigns.launch") && (
        <Note tone="info" title="The draft is ready for somebody who may launch it">
          Owners and managers launch campaigns, and find it under Campaigns. Your role is {session.user.role}.
        </Note>
      )}
      {may("campaigns.launch") && problems.length === 0 && recipients > 0 && (
        <Section>
          {counting || launch.isPending ? (
            <Stack gap="sm" role="status">
              <Text fw={500}>
                {launch.isPending
                  ? "Launching…"
                  : `${later ? "It is scheduled" : "Sending starts"} in ${Math.ceil(left / 1000)} s`}
              </Text>
              <Progress value={100 - left / (undoSeconds * 10)} aria-label="Time to undo" />
              <div>
                <Button variant="default" onClick={() => setCounting(false)} disabled={launch.isPending} autoFocus>
                  Undo
                </Button>
              </div>
              <Text fz="sm" c="dimmed">
                Nothing has left yet. Leaving this page undoes it too.
              </Text>
            </Stack>
          ) : (
            <Stack gap="md" maw={440}>
              <TextInput
                label={`Type ${count(recipients)} to confirm`}
                description="The number of people who will get this mail"
                inputMode="numeric"
                autoComplete="off"
                value={typed}
                onChange={(event) => setTyped(event.currentTarget.value)}
                onKeyDown={(event) => {
                  if (event.key !== "Enter") return;
                  event.preventDefault();
                  if (right) setCounting(true);
                }}
              />
              <Button
                disabled={!right}
                onClick={() => setCounting(true)}
                leftSection={<Icon name={later ? "clock" : "campaigns"} size={16} />}
                style={{ alignSelf: "flex-start" }}
              >
                {later ? "Schedule" : "Launch"} to {counted(recipients, "person", "people")}
              </Button>
            </Stack>
          )}
        </Section>
      )}
    </Stack>
  );
};
