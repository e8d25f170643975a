// The wizard over a stored draft; its step is in the address.
import { getRouteApi, Navigate, useNavigate } from "@tanstack/react-router";
import { ProblemNote } from "../../parts/note.tsx";
import { PageSkeleton } from "../../parts/page.tsx";
import { queryClient, useRead } from "../../query.ts";
import { Wizard } from "./wizard.tsx";
import { fieldsOf } from "./wizard-fields.ts";

const route = getRouteApi("/app/campaigns/$id/edit");

/** Editing a draft; a launched campaign shows its page instead. */
export const EditCampaign = () => {
  const { id } = route.useParams();
  const { step = "audience" } = route.useSearch();
  const navigate = useNavigate({ from: "/campaigns/$id/edit" });
  const campaign = useRead("campaigns.get", { id });
  // A look that fails while one writes takes nothing away.
  if (campaign.isError && !campaign.data)
    return <ProblemNote problem={campaign.error} retry={() => void campaign.refetch()} />;
  if (!campaign.data) return <PageSkeleton />;
  if (campaign.data.status !== "draft") return <Navigate to="/campaigns/$id" params={{ id }} replace />;
  return (
    <Wizard
      key={id}
      campaign={campaign.data}
      start={fieldsOf(campaign.data)}
      step={step}
      onStep={(to, stored) => {
        if (stored) queryClient.setQueryData(["campaigns.get", { id }], stored);
        void navigate({ search: { step: to } });
      }}
    />
  );
};
