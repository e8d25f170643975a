// The checklist of a new workspace: sending, contacts, a test mail, the first launch. Gone when all is done.
import { Button, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import type { ReactNode } from "react";
import { Icon } from "../parts/icon.tsx";
import { ButtonLink } from "../parts/link.tsx";
import { ProblemNote } from "../parts/note.tsx";
import { Section } from "../parts/page.tsx";
import { useRead, useWrite } from "../query.ts";
import type { Session } from "../session.ts";
import css from "./overview.module.css";

export interface FirstStepsProps {
  readonly session: Session;
  readonly hasContacts: boolean;
  readonly launched: boolean;
}

interface Step {
  readonly done: boolean;
  readonly what: string;
  readonly how: string;
  readonly act?: ReactNode;
}

const testMail = {
  subject: "A test mail from your Learning Center",
  html: "<p>Hello,</p><p>this is a test mail. When you read it, sending works.</p>",
};

/** Next steps; renders nothing once each of them was done. */
export const FirstSteps = ({ session, hasContacts, launched }: FirstStepsProps) => {
  const sent = useRead("messages.list", { limit: 1 });
  const test = useWrite("messages.send", {
    touches: ["messages", "sandbox"],
    done: () =>
      notifications.show({
        message: session.sandbox
          ? "The test mail is on its way to the mailbox."
          : `The test mail is on its way to ${session.user.email}.`,
      }),
  });
  const steps: Step[] = [
    {
      done: true,
      what: "Sending is set up",
      how: session.sandbox
        ? "The sandbox takes every mail and shows it in the mailbox."
        : "A live provider carries your mails.",
      act: session.sandbox && (
        <ButtonLink to="/mailbox" variant="subtle" size="compact-sm">
          Open the mailbox
        </ButtonLink>
      ),
    },
    {
      done: hasContacts,
      what: "Bring your contacts in",
      how: "From a CSV file, with the consent you hold for them.",
      act: (
        <ButtonLink to="/imports/new" variant="default" size="compact-sm">
          Import a file
        </ButtonLink>
      ),
    },
    {
      done: (sent.data?.data.length ?? 0) > 0,
      what: "Send yourself a test mail",
      how: `To ${session.user.email}.`,
      act: (
        <Button
          variant="default"
          size="compact-sm"
          loading={test.isPending}
          onClick={() =>
            test.mutate({ channel: "email", to: session.user.email, content: testMail, kind: "transactional" })
          }
        >
          Send it
        </Button>
      ),
    },
    {
      done: launched,
      what: "Launch your first campaign",
      how: "Choose who gets it, write it, check it, launch it.",
      act: (
        <ButtonLink to="/campaigns/new" variant="default" size="compact-sm">
          Start
        </ButtonLink>
      ),
    },
  ];
  if (sent.isPending || steps.every((step) => step.done)) return null;
  return (
    <Section title="First steps">
      <ol className={`lc-plain-list ${css["steps"]}`}>
        {steps.map((step, index) => (
          <li key={step.what} className={css["step"]} data-done={step.done || undefined}>
            <span className={css["mark"]}>{step.done ? <Icon name="check" size={16} /> : index + 1}</span>
            <div className={css["text"]}>
              <Text fz="sm" fw={500} className={css["what"] ?? ""}>
                {step.what}
                {step.done && <span> (done)</span>}
              </Text>
              <Text fz="sm" c="dimmed">
                {step.how}
              </Text>
            </div>
            {(!step.done || index === 0) && step.act}
          </li>
        ))}
      </ol>
      {test.isError && <ProblemNote problem={test.error} />}
    </Section>
  );
};
