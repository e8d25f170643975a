// The wizard over a campaign that is not stored yet: once it is, its own address takes over.
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { PageSkeleton } from "../../parts/page.tsx";
import { queryClient, useRead } from "../../query.ts";
import type { WizardStep } from "../../router.tsx";
import { Wizard } from "./wizard.tsx";
import { freshFields } from "./wizard-fields.ts";

const route = getRouteApi("/app/campaigns/new");

/** New campaign, perhaps with an audience or a template chosen elsewhere. */
export const NewCampaign = () => {
  const { templateId, ...start } = route.useSearch();
  const navigate = useNavigate();
  const [step, setStep] = useState<WizardStep>("audience");
  const template = useRead("templates.get", { id: templateId ?? "" }, { enabled: templateId !== undefined });
  const fields = useMemo(
    () => ({
      ...freshFields(start),
      // What is published is taken as it is; a draft that never was published is copied.
      ...(template.data?.publishedVersion != null
        ? { templateId: template.data.id }
        : template.data
          ? { subject: template.data.subject ?? "", html: template.data.html ?? "" }
          : {}),
    }),
    // The address decides what the wizard starts with, once.
    [template.data],
  );
  if (templateId !== undefined && template.isPending) return <PageSkeleton />;
  return (
    <Wizard
      start={fields}
      step={step}
      onStep={(to, campaign) => {
        if (!campaign) return setStep(to);
        queryClient.setQueryData(["campaigns.get", { id: campaign.id }], campaign);
        void navigate({ to: "/campaigns/$id/edit", params: { id: campaign.id }, search: { step: to }, replace: true });
      }}
    />
  );
};
