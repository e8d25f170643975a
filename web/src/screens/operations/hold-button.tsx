// Pausing and resuming a queue or a job type: asks first, says what it does, and takes the reason that others will read.
import { Button, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useId, useState } from "react";
import { Confirm } from "../../parts/confirm.tsx";
import { Icon } from "../../parts/icon.tsx";
import { useWrite } from "../../query.ts";

export interface HoldButtonProps {
  readonly kind: "queue" | "type";
  readonly name: string;
  readonly held: boolean;
  /** In a row of a table: the icon alone, named for those who hear it. */
  readonly small?: boolean;
}

const effectOf = ({ kind, name }: HoldButtonProps): string => {
  if (kind === "type") return "None of its jobs starts until you resume it. Those that run now go on.";
  const sending = name === "emails" ? " Sending stops too: campaigns, single messages and alerts wait." : "";
  return `Nothing of this queue starts until you resume it; what runs now goes on.${sending} Nothing is lost by it.`;
};

/** The button with its question. */
export const HoldButton = (props: HoldButtonProps) => {
  const { kind, name, held, small = false } = props;
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const id = useId();
  const close = () => setOpen(false);
  const done = {
    touches: ["jobs.queues"],
    done: () => {
      notifications.show({ message: `${name} ${held ? "goes on." : "is paused."}` });
      setReason("");
      close();
    },
  };
  const pause = useWrite(kind === "queue" ? "jobs.pauseQueue" : "jobs.pauseType", done);
  const resume = useWrite(kind === "queue" ? "jobs.resumeQueue" : "jobs.resumeType", done);
  const write = held ? resume : pause;
  const act = held ? "Resume" : "Pause";
  const confirm = () =>
    held ? resume.mutate({ name }) : pause.mutate({ name, ...(reason.trim() ? { reason: reason.trim() } : {}) });
  return (
    <>
      <Button
        variant={held ? "filled" : "default"}
        size="compact-sm"
        leftSection={small ? undefined : <Icon name={held ? "play" : "pause"} size={15} />}
        aria-label={`${act} ${name}`}
        onClick={() => setOpen(true)}
      >
        {small ? <Icon name={held ? "play" : "pause"} size={15} /> : act}
      </Button>
      <Confirm
        opened={open}
        title={`${act} ${name}?`}
        act={act}
        pending={write.isPending}
        problem={write.error}
        onConfirm={confirm}
        onClose={close}
      >
        {held ? "What waited is due at once, the oldest first." : effectOf(props)}
        {!held && (
          <TextInput
            id={id}
            mt="md"
            label="Reason"
            description="Shown to everybody who looks here while it is paused"
            maxLength={300}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        )}
      </Confirm>
    </>
  );
};
