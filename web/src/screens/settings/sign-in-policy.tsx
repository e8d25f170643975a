// What owners demand of everybody who signs in: a second factor, or not.
import { Checkbox } from "@mantine/core";
import { useState } from "react";
import { Confirm } from "../../parts/confirm.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { besideProof, Proof } from "../../parts/proof.tsx";
import { useRead, useWrite } from "../../query.ts";

/** One box, asked about before it changes. */
export const SignInPolicy = () => {
  const policy = useRead("secondFactor.showPolicy", {});
  const [wanted, setWanted] = useState<boolean | null>(null);
  const set = useWrite("secondFactor.setPolicy", {
    touches: ["secondFactor.showPolicy", "secondFactor.show", "users"],
    done: () => setWanted(null),
  });
  const close = () => {
    set.reset();
    setWanted(null);
  };
  // Whoever may not see the team is told so once, by its list.
  if (policy.error?.status === 403) return null;
  return (
    <Section title="Signing in">
      {policy.error && <ProblemNote problem={policy.error} />}
      <Checkbox
        label="Everybody needs a second factor"
        description="Whoever has none sets it up at the next sign-in, before anything else. Access tokens go on working."
        checked={policy.data?.secondFactorRequired ?? false}
        disabled={!policy.data}
        onChange={(event) => setWanted(event.currentTarget.checked)}
      />
      <Confirm
        opened={wanted !== null}
        title={wanted === false ? "No longer demand a second factor?" : "Demand a second factor of everybody?"}
        act={wanted === false ? "No longer demand it" : "Demand it"}
        pending={set.isPending}
        problem={besideProof(set.error)}
        onConfirm={() => wanted !== null && set.mutate({ secondFactorRequired: wanted })}
        onClose={close}
      >
        {wanted === false
          ? "Those who have one keep it, and may switch it off."
          : "Colleagues who have none are signed out now, and set one up when they sign in again."}
      </Confirm>
      <Proof write={set} />
    </Section>
  );
};
