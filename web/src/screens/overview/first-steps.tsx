// The checklist of a new workspace: sending, people, a test mail, the first launch, each ticked by what really happened.
// Each person sees the steps that are theirs. Gone when all is done, or hidden by hand in this browser.
import { Button, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type ReactNode, useState } from "react";
import type { Act } from "../../may.ts";
import { Icon } from "../../parts/icon.tsx";
import { ButtonLink } from "../../parts/link.tsx";
import { useMay } from "../../parts/may.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { useRead, useWrite } from "../../query.ts";
import type { Session } from "../../session.ts";
import css from "./overview.module.css";

export interface FirstStepsProps {
  readonly session: Session;
  /** A test mail was sent. */
  readonly tested: boolean;
  /** A campaign was launched that did not come with the sample. */
  readonly launched: boolean;
}

interface Step {
  /** Only for people who may do this. */
  readonly needs: Act;
  readonly done: boolean;
  readonly what: string;
  readonly how: string;
  readonly act?: ReactNode;
  /** The way stays there when it is done. */
  readonly keepAct?: boolean;
}

const testMail = {
  subject: "A test mail from your Learning Center",
  html: "<p>Hello,</p><p>this is a test mail. When you read it, sending works.</p>",
};

const hiddenKey = "lc.first-steps";
const wasHidden = (): boolean => {
  try {
    return localStorage.getItem(hiddenKey) === "hidden";
  } catch {
    // A browser that keeps nothing: the steps are simply there.
    return false;
  }
};
const remember = (): void => {
  try {
    localStorage.setItem(hiddenKey, "hidden");
  } catch {
    // Hidden until the page is loaded again.
  }
};

/** Next steps; renders nothing once each of them was done. */
export const FirstSteps = ({ session, tested, launched }: FirstStepsProps) => {
  const may = useMay();
  const [hidden, setHidden] = useState(wasHidden);
  const senders = useRead("senders.list", { limit: 50 }, { enabled: !hidden });
  const imports = useRead("imports.list", { limit: 50 }, { enabled: !hidden });
  const test = useWrite("messages.send", {
    touches: ["messages", "sandbox", "overview"],
    done: () =>
      notifications.show({
        message:
          session.sandbox && !session.communities
            ? "The test mail is on its way to the mailbox."
            : `The test mail is on its way to ${session.user.email}.`,
      }),
  });
  const accounts = senders.data?.data ?? [];
  const ready = accounts.some((account) => account.isDefault && !account.isPlaceholder && account.postalAddress);
  const testedThere = accounts.some((account) => "testedAt" in account && Boolean(account.testedAt));
  const all: Step[] = [
    {
      needs: "senders.update",
      done: session.sandbox || ready,
      what: "Set up sending",
      how: ready
        ? "Mails have a sender and a postal address of your own."
        : session.sandbox
          ? "For trying, the sandbox takes every mail and nobody outside gets anything. For real people, say who the mails come from."
          : "Say who the mails come from, with a postal address.",
      act: (
        <ButtonLink to="/settings/sending" variant={session.sandbox ? "subtle" : "default"} size="compact-sm">
          Sending settings
        </ButtonLink>
      ),
      keepAct: !ready,
    },
    {
      needs: "imports.submit",
      done: imports.data?.data.some(({ status }) => status === "completed") ?? false,
      what: "Bring your people in",
      how: "From a CSV file, with the consent you hold for them.",
      act: (
        <ButtonLink to="/imports/new" variant="default" size="compact-sm">
          Import a file
        </ButtonLink>
      ),
    },
    {
      needs: "messages.send",
      done: tested || testedThere,
      what: "Send yourself a test mail",
      how: session.sandbox
        ? `To ${session.user.email}; it ${session.communities ? "stays on this machine" : "arrives in the mailbox here"}.`
        : `To ${session.user.email}.`,
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
      needs: "campaigns.launch",
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
  const steps = all.filter(({ needs }) => may(needs));
  const done = steps.filter((step) => step.done).length;
  if (hidden || senders.isPending || imports.isPending || done === steps.length) return null;
  const hide = () => {
    remember();
    setHidden(true);
  };
  return (
    <Section
      title="First steps"
      aside={
        <Button variant="subtle" color="gray" size="compact-sm" onClick={hide}>
          Hide these
        </Button>
      }
    >
      <Text fz="sm" c="dimmed" mb="xs">
        {done} of {steps.length} done
      </Text>
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
            {(!step.done || step.keepAct) && step.act}
          </li>
        ))}
      </ol>
      {test.isError && <ProblemNote problem={test.error} />}
    </Section>
  );
};
