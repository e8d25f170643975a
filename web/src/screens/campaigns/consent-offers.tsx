// People whom preflight leaves out because nobody wrote down that they agreed: by the import that brought them, with the
// offer to record it.
import { Button } from "@mantine/core";
import { useState } from "react";
import type { Channel } from "../../../../shared/contracts/channel.ts";
import type { ApiResult } from "../../api.ts";
import { Note } from "../../parts/note.tsx";
import { counted, moment } from "../../words.ts";
import { ClaimConsent } from "../imports/claim-consent.tsx";

export interface ConsentOffersProps {
  readonly offers: ApiResult<"campaigns.preflight">["consentOffers"];
  readonly channel: Channel;
  /** Called when consent was recorded, so that the numbers are counted again. */
  readonly onRecorded: () => void;
}

/** One note an import. */
export const ConsentOffers = ({ offers, channel, onRecorded }: ConsentOffersProps) => {
  const [open, setOpen] = useState<(typeof offers)[number]>();
  return (
    <>
      {offers.map((offer) => (
        <Note
          key={offer.importId}
          tone="warn"
          title={`${counted(offer.contacts, "contact")} came with ${offer.fileName} on ${moment(offer.importedAt)}, without consent`}
          actions={
            <Button size="compact-sm" variant="default" onClick={() => setOpen(offer)}>
              Record consent
            </Button>
          }
        >
          If they agreed to hear from you and you can show it, record it, and they get this campaign. If not, leave them
          out: you answer for what is recorded.
        </Note>
      ))}
      {open && (
        <ClaimConsent
          importId={open.importId}
          fileName={open.fileName}
          channels={[channel]}
          opened
          onClose={() => setOpen(undefined)}
          onDone={onRecorded}
        />
      )}
    </>
  );
};
