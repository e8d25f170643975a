// Whether the people of an import may be written to: what came with the file, what was recorded since, and the offer to
// record it.
import { Button } from "@mantine/core";
import { useState } from "react";
import { useMay } from "../../parts/may.tsx";
import { Note } from "../../parts/note.tsx";
import { useRead } from "../../query.ts";
import { count, counted, moment } from "../../words.ts";
import { ClaimConsent } from "./claim-consent.tsx";
import type { Import } from "./words.ts";

/** A note about consent on the page of an import that has ended. */
export const ConsentOf = ({ entry }: { readonly entry: Import }) => {
  const claims = useRead("imports.claims", { id: entry.id });
  const may = useMay();
  const [opened, setOpened] = useState(false);
  if (!claims.data) return null;
  const recorded = claims.data.data;
  const offer = may("imports.claimConsent") && (
    <Button size="compact-sm" variant="default" onClick={() => setOpened(true)}>
      Record consent
    </Button>
  );
  return (
    <>
      {entry.consent === null && recorded.length === 0 && (
        <Note tone="warn" title="Campaigns leave these people out: no consent came with the file" actions={offer}>
          {offer && "When they did agree and you can show it, record it here for all of them at once."}
        </Note>
      )}
      {recorded.length > 0 && (
        <Note tone="info" title="Consent was recorded for this import" actions={offer}>
          {recorded.map((claim) => (
            <div key={claim.id}>
              {moment(claim.claimedAt)}: {claim.channels.join(", ")} for {counted(claim.granted, "contact")}
              {claim.leftOut > 0 && `, ${count(claim.leftOut)} left as they were`}. {claim.basis} ({claim.source})
            </div>
          ))}
        </Note>
      )}
      <ClaimConsent
        importId={entry.id}
        fileName={entry.fileName}
        channels={["email", "sms", "call"]}
        opened={opened}
        onClose={() => setOpened(false)}
        onDone={() => void claims.refetch()}
      />
    </>
  );
};
