// What waits for a person: messages of which nobody knows whether they were sent, a held campaign, and failures to retry.
import { Button, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import type { CampaignStatus } from "../../../../shared/contracts/campaigns.ts";
import type { ApiResult } from "../../api.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { useMay } from "../../parts/may.tsx";
import { Note } from "../../parts/note.tsx";
import { useWrite } from "../../query.ts";
import { counted, reasonWords } from "../../words.ts";

export interface DecisionsProps {
  readonly id: string;
  readonly stats: ApiResult<"campaigns.stats">;
  readonly status: CampaignStatus;
  /** The reason that the ledger is filtered by, if any. */
  readonly reason: string | undefined;
}

type Asked = "resend" | "close" | "retry" | "release" | null;

/** Notices with the acts they call for; nothing when there is nothing to decide. */
export const Decisions = ({ id, stats, status, reason }: DecisionsProps) => {
  const [asked, setAsked] = useState<Asked>(null);
  const done = ({ changed }: { changed: number }) => {
    setAsked(null);
    notifications.show({ message: `${counted(changed, "message")} changed.` });
  };
  const resolve = useWrite("campaigns.resolve", { touches: ["campaigns", "messages"], done });
  const retry = useWrite("campaigns.retry", { touches: ["campaigns", "messages"], done });
  const release = useWrite("campaigns.resume", { touches: ["campaigns"] });
  const may = useMay();
  const unknown = stats.states.unknown ?? 0;
  const failed = stats.states.failed ?? 0;
  const waiting = stats.states.queued ?? 0;
  // Closed by hand: failed in the ledger, and yet perhaps sent.
  const blind = stats.reasons["unknown_closed"] ?? 0;
  const held = status === "held";
  const notices = [
    unknown > 0 && (
      <Note
        key="unknown"
        tone="warn"
        title={`${counted(unknown, "message")} may have been sent: decide`}
        actions={
          may("campaigns.resolve") && (
            <>
              <Button size="compact-sm" variant="default" onClick={() => setAsked("resend")}>
                Send again
              </Button>
              <Button size="compact-sm" variant="default" onClick={() => setAsked("close")}>
                Close as failed
              </Button>
            </>
          )
        }
      >
        The connection broke after the mail was handed over and before the server answered. Sending again may reach
        people twice; closing may leave them without.
        {held && stats.heldReason !== "restored" && " Until you decide, the campaign waits for your release."}
      </Note>
    ),
    held && stats.heldReason === "restored" && (
      <Note
        key="restored"
        tone="warn"
        title={`Restored from a backup${waiting > 0 ? ` with ${counted(waiting, "message")} waiting` : ""}: decide`}
        actions={
          may("campaigns.resume") && (
            <Button size="compact-sm" variant="default" onClick={() => setAsked("release")}>
              Resume it
            </Button>
          )
        }
      >
        It was on its way when the backup was taken, and may have gone on until the system was lost. What was sent after
        the backup is not known here. Look at what your provider says: if nothing was sent, resume it; if it was sent,
        cancel it.
      </Note>
    ),
    held && stats.heldReason !== "restored" && unknown === 0 && (
      <Note
        key="held"
        tone="warn"
        title="Waiting for your release"
        actions={
          may("campaigns.resume") && (
            <Button size="compact-sm" loading={release.isPending} onClick={() => release.mutate({ id })}>
              Release it
            </Button>
          )
        }
      >
        {stats.heldReason ? `It was held: ${reasonWords(stats.heldReason)}.` : "It was held."} {release.error?.detail}
      </Note>
    ),
    failed > 0 && (
      <Note
        key="failed"
        tone="bad"
        title={`${counted(failed, "message")} failed`}
        actions={
          may("campaigns.retry") && (
            <Button size="compact-sm" variant="default" onClick={() => setAsked("retry")}>
              {reason ? `Retry those with “${reasonWords(reason)}”` : "Retry them"}
            </Button>
          )
        }
      >
        The ledger below shows each with the answer of its server.
      </Note>
    ),
  ].filter(Boolean);
  if (notices.length === 0 && asked === null) return null;
  return (
    <Stack gap="sm">
      {notices}
      <Confirm
        opened={asked === "resend" || asked === "close"}
        title={
          asked === "close"
            ? `Close ${counted(unknown, "message")} as failed?`
            : `Send ${counted(unknown, "message")} again?`
        }
        act={asked === "close" ? "Close them" : "Send them again"}
        danger
        pending={resolve.isPending}
        problem={resolve.error}
        onConfirm={() =>
          resolve.mutate({ id, filter: { state: "unknown" }, action: asked === "close" ? "close" : "resend" })
        }
        onClose={() => setAsked(null)}
      >
        {asked === "close"
          ? "They end as failed. Those who did not get the mail will not get it."
          : "Some of these people may get the mail a second time."}
      </Confirm>
      <Confirm
        opened={asked === "release"}
        title="Resume this restored campaign?"
        act="Resume it"
        danger
        pending={release.isPending}
        problem={release.error}
        onConfirm={() => release.mutate({ id }, { onSuccess: () => setAsked(null) })}
        onClose={() => setAsked(null)}
      >
        {waiting > 0
          ? `${counted(waiting, "message")} will be sent now. Whoever got theirs after the backup was taken gets it a second time.`
          : "It goes on from where the backup had it. If it went on after the backup was taken, people get it a second time."}
      </Confirm>
      <Confirm
        opened={asked === "retry"}
        title={reason ? `Retry those with “${reasonWords(reason)}”?` : `Retry ${counted(failed, "failed message")}?`}
        act="Retry"
        pending={retry.isPending}
        problem={retry.error}
        onConfirm={() => retry.mutate({ id, ...(reason ? { filter: { reason } } : {}) })}
        onClose={() => setAsked(null)}
      >
        {blind > 0 && (reason === undefined || reason === "unknown_closed")
          ? `${counted(blind, "message")} of them ${blind === 1 ? "was" : "were"} closed without knowing whether the mail had left: those people may get it a second time.`
          : "These messages were refused by a server, so nobody gets them twice."}
      </Confirm>
    </Stack>
  );
};
