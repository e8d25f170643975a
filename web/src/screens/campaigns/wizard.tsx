// The campaign wizard: audience → content → preflight → schedule → confirm. The draft is stored when the content is left,
// and again whenever a step changed it; nothing is sent before the typed confirmation and its ten seconds.
import { Button, Group, Stack } from "@mantine/core";
import { useEffect } from "react";
import { FormProvider, useForm } from "react-hook-form";
import type { Campaign } from "../../../../shared/contracts/campaigns.ts";
import { showAtFields } from "../../form.ts";
import { TextLink } from "../../parts/link.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { PageHead, Section } from "../../parts/page.tsx";
import { Steps } from "../../parts/steps.tsx";
import { useWrite } from "../../query.ts";
import { type WizardStep, wizardSteps } from "../../router.tsx";
import { AudienceStep } from "./audience-step.tsx";
import { ConfirmStep } from "./confirm-step.tsx";
import { ContentStep } from "./content-step.tsx";
import { PreflightStep } from "./preflight-step.tsx";
import { ScheduleStep } from "./schedule-step.tsx";
import { changesOf, draftOf, fieldsOf, fieldsOfStep, places, type WizardFields } from "./wizard-fields.ts";

const names = ["Audience", "Content", "Preflight", "Schedule", "Confirm"];
const order = Object.keys(wizardSteps) as WizardStep[];

export interface WizardProps {
  readonly campaign?: Campaign;
  readonly start: WizardFields;
  readonly step: WizardStep;
  /** Called with the step to show, and the draft once it exists. */
  readonly onStep: (step: WizardStep, campaign?: Campaign) => void;
}

/** The wizard over one draft, stored or not yet. */
export const Wizard = ({ campaign, start, step, onStep }: WizardProps) => {
  // Errors go while typing, not on blur: a page that moves at mouse-down makes the click miss.
  const form = useForm<WizardFields>({ defaultValues: start, mode: "onChange" });
  const create = useWrite("campaigns.create", { touches: ["campaigns"] });
  const update = useWrite("campaigns.update", { touches: ["campaigns"] });
  const problem = update.error ?? create.error;
  const at = wizardSteps[step];

  useEffect(() => {
    if (!problem) return;
    showAtFields(form, problem, places);
    const broken = order.find((name) =>
      fieldsOfStep[name].some((field) =>
        problem.errors.some((error) =>
          Object.entries(places).some(([path, place]) => place === field && error.path.startsWith(path)),
        ),
      ),
    );
    if (broken && broken !== step) onStep(broken, campaign);
    // Only a new problem moves the wizard.
  }, [problem]);

  /** Stores what changed. Answers the draft, or undefined while nothing can be stored or it was refused. */
  const store = async (): Promise<Campaign | undefined> => {
    const fields = form.getValues();
    try {
      if (!campaign) return await create.mutateAsync(draftOf(fields));
      if (!form.formState.isDirty) return campaign;
      const stored = await update.mutateAsync({ id: campaign.id, ...changesOf(fields) });
      form.reset(fieldsOf(stored));
      return stored;
    } catch {
      return undefined;
    }
  };

  const go = async (to: WizardStep) => {
    const forward = wizardSteps[to] > at;
    if (forward && !(await form.trigger([...fieldsOfStep[step]], { shouldFocus: true }))) return;
    // A new campaign is stored when it has content; a stored one whenever a step is left.
    const storing = campaign !== undefined || (step === "content" && forward);
    const stored = storing ? await store() : undefined;
    if (storing && !stored) return;
    onStep(to, stored);
  };

  const next = order[at + 1];
  const before = order[at - 1];
  const pending = create.isPending || update.isPending;
  const shownProblem =
    problem &&
    (problem.errors.length === 0 ||
      !problem.errors.every((error) => Object.keys(places).some((path) => error.path.startsWith(path))))
      ? problem
      : null;
  return (
    <FormProvider {...form}>
      <PageHead
        title={campaign?.name ?? "New campaign"}
        above={
          <TextLink to="/campaigns" fz="sm">
            Campaigns
          </TextLink>
        }
      />
      <Steps
        names={names}
        active={at}
        reachable={campaign ? 4 : Math.max(at, 0)}
        onStep={(index) => void go(order[index] ?? "audience")}
      />
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (next) void go(next);
        }}
      >
        <Stack gap="lg">
          {shownProblem && <ProblemNote problem={shownProblem} />}
          {step === "audience" && (
            <Section>
              <AudienceStep />
            </Section>
          )}
          {step === "content" && <ContentStep />}
          {step === "preflight" && campaign && <PreflightStep id={campaign.id} channel={campaign.channel} />}
          {step === "schedule" && (
            <Section>
              <ScheduleStep />
            </Section>
          )}
          {step === "confirm" && campaign && <ConfirmStep campaign={campaign} />}
          <Group justify="space-between">
            {before ? (
              <Button variant="default" onClick={() => void go(before)}>
                Back
              </Button>
            ) : (
              <span />
            )}
            {next && (
              <Button type="submit" loading={pending}>
                Continue
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </FormProvider>
  );
};
