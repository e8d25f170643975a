// Recording consent for everybody that an import brought: who does it says on which ground, and takes responsibility.
import { Button, Checkbox, Group, Modal, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Channel } from "../../../../shared/contracts/channel.ts";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { useRead, useWrite } from "../../query.ts";
import { counted } from "../../words.ts";

export interface ClaimConsentProps {
  readonly importId: string;
  readonly fileName: string;
  /** The channels to choose from; a single one is not asked for. */
  readonly channels: readonly Channel[];
  readonly opened: boolean;
  readonly onClose: () => void;
  /** Called once everything is written down. */
  readonly onDone?: () => void;
}

const channelNames: Readonly<Record<Channel, string>> = { email: "Email", sms: "SMS", call: "Phone calls" };

/** The dialog: a form, then what came of it. */
export const ClaimConsent = ({ importId, fileName, channels, opened, onClose, onDone }: ClaimConsentProps) => {
  const [chosen, setChosen] = useState<readonly Channel[]>(channels.slice(0, 1));
  const [basis, setBasis] = useState("");
  const [source, setSource] = useState("");
  const [wording, setWording] = useState("");
  const [sure, setSure] = useState(false);
  const [claimId, setClaimId] = useState<string>();
  const claim = useWrite("imports.claimConsent", {
    touches: ["imports.claims"],
    done: (made) => setClaimId(made.id),
  });
  const claims = useRead(
    "imports.claims",
    { id: importId },
    { enabled: opened && claimId !== undefined, every: opened && claimId !== undefined ? 1000 : false },
  );
  const result = claims.data?.data.find((one) => one.id === claimId);
  const finished = result?.finishedAt != null;
  const close = () => {
    if (finished) onDone?.();
    setClaimId(undefined);
    setSure(false);
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title="Record consent" closeButtonProps={{ "aria-label": "Close" }}>
      {claimId === undefined ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            // The dialog may stand inside another form, such as a wizard's step: that one is not meant.
            event.stopPropagation();
            claim.mutate({
              id: importId,
              channels: [...chosen],
              basis,
              source,
              ...(wording.trim() === "" ? {} : { wording }),
            });
          }}
        >
          <Stack gap="md">
            <Text fz="sm">
              For everybody who came with <b className="lc-break">{fileName}</b> and of whom nothing was ever written
              down. Whoever said no, unsubscribed or is suppressed stays out.
            </Text>
            {channels.length > 1 && (
              <Checkbox.Group
                label="They agreed to"
                value={[...chosen]}
                onChange={(value) => setChosen(value as Channel[])}
                error={chosen.length === 0 ? "Choose at least one" : undefined}
              >
                <Group gap="md" mt={6}>
                  {channels.map((channel) => (
                    <Checkbox key={channel} value={channel} label={channelNames[channel]} />
                  ))}
                </Group>
              </Checkbox.Group>
            )}
            <TextInput
              required
              data-autofocus
              label="On which ground"
              placeholder="Signed up for the newsletter"
              maxLength={200}
              value={basis}
              onChange={(event) => setBasis(event.currentTarget.value)}
            />
            <TextInput
              required
              label="Where that is written down"
              placeholder="Website form, export of May"
              maxLength={200}
              value={source}
              onChange={(event) => setSource(event.currentTarget.value)}
            />
            <Textarea
              label="What they read when they agreed"
              description="If you have it"
              autosize
              minRows={2}
              maxLength={2000}
              value={wording}
              onChange={(event) => setWording(event.currentTarget.value)}
            />
            <Checkbox
              required
              label="Each of these people agreed, and I can show it when one of them asks"
              checked={sure}
              onChange={(event) => setSure(event.currentTarget.checked)}
            />
            <Text fz="sm" c="dimmed">
              Writing to people who did not agree is against the law in many places. You answer for this entry: your
              name and the time are kept with it.
            </Text>
            {claim.error && <ProblemNote problem={claim.error} />}
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={close}>
                Leave it
              </Button>
              <Button type="submit" loading={claim.isPending} disabled={chosen.length === 0}>
                Record consent
              </Button>
            </Group>
          </Stack>
        </form>
      ) : (
        <Stack gap="md">
          {result && finished ? (
            <Note tone="good" role="status" title={`Recorded for ${counted(result.granted, "contact")}`}>
              {result.leftOut > 0 &&
                `${counted(result.leftOut, "contact")} stayed as they were: they had said something before, are suppressed, or have no address.`}
            </Note>
          ) : (
            <Text fz="sm" role="status">
              Being written down…
            </Text>
          )}
          <Group justify="flex-end">
            <Button onClick={close}>Done</Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
};
