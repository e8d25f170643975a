// What can be done with a campaign in its state: edit, pause, resume, cancel, copy, delete. Never shown as done before the server says so.
import { ActionIcon, Button, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Campaign } from "../../../../shared/contracts/campaigns.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ButtonLink } from "../../parts/link.tsx";
import { useMay } from "../../parts/may.tsx";
import type { Problem } from "../../problem.ts";
import { forget, useWrite } from "../../query.ts";

const touches = ["campaigns"];
const tell = (problem: Problem) =>
  notifications.show({
    color: "red",
    title: problem.title,
    message: `${problem.detail}${problem.requestId ? ` (request ${problem.requestId})` : ""}`,
    autoClose: 10_000,
  });

/** The buttons of a campaign's page. */
export const CampaignActions = ({
  campaign,
  status,
}: {
  readonly campaign: Campaign;
  readonly status: Campaign["status"];
}) => {
  const navigate = useNavigate();
  const [asked, setAsked] = useState<"cancel" | "delete" | null>(null);
  const { id } = campaign;
  const may = useMay();
  const pause = useWrite("campaigns.pause", { touches });
  const resume = useWrite("campaigns.resume", { touches });
  const cancel = useWrite("campaigns.cancel", { touches, done: () => setAsked(null) });
  const remove = useWrite("campaigns.remove", {
    touches,
    done: () => void navigate({ to: "/campaigns" }).then(() => forget("campaigns.get", id)),
  });
  const clone = useWrite("campaigns.clone", {
    touches,
    done: (copy) => void navigate({ to: "/campaigns/$id/edit", params: { id: copy.id }, search: { step: "audience" } }),
  });
  const deletes = status === "draft" && may("campaigns.remove");
  const ends = may("campaigns.cancel") && ["scheduled", "preparing", "running", "paused", "held"].includes(status);
  return (
    <>
      {status === "draft" && may("campaigns.update") && (
        <ButtonLink to="/campaigns/$id/edit" params={{ id }} leftSection={<Icon name="edit" size={16} />}>
          Continue
        </ButtonLink>
      )}
      {may("campaigns.pause") && (status === "running" || status === "preparing") && (
        <Button
          variant="default"
          leftSection={<Icon name="pause" size={16} />}
          loading={pause.isPending}
          onClick={() => pause.mutate({ id }, { onError: tell })}
        >
          Pause
        </Button>
      )}
      {may("campaigns.resume") &&
        (status === "paused" ||
          (status === "held" && !["unknown_messages", "restored"].includes(campaign.heldReason ?? ""))) && (
          <Button
            leftSection={<Icon name="play" size={16} />}
            loading={resume.isPending}
            onClick={() => resume.mutate({ id }, { onError: tell })}
          >
            Resume
          </Button>
        )}
      {ends && (
        <Button variant="default" leftSection={<Icon name="stop" size={16} />} onClick={() => setAsked("cancel")}>
          Cancel
        </Button>
      )}
      {(deletes || may("campaigns.clone")) && (
        <Menu>
          <Menu.Target>
            <ActionIcon variant="default" size={36} aria-label="More actions">
              <Icon name="dots" />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {may("campaigns.clone") && (
              <Menu.Item
                leftSection={<Icon name="copy" size={16} />}
                onClick={() => clone.mutate({ id }, { onError: tell })}
              >
                Copy as a new draft
              </Menu.Item>
            )}
            {deletes && (
              <Menu.Item leftSection={<Icon name="trash" size={16} />} onClick={() => setAsked("delete")}>
                Delete the draft
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      )}
      <Confirm
        opened={asked === "cancel"}
        title="Cancel this campaign?"
        act="Cancel the campaign"
        danger
        pending={cancel.isPending}
        problem={cancel.error}
        onConfirm={() => cancel.mutate({ id })}
        onClose={() => setAsked(null)}
      >
        {status === "scheduled"
          ? "It does not start."
          : "What has left stays sent. Everything that is still queued is cancelled for good; to go on later, pause it instead."}
      </Confirm>
      <Confirm
        opened={asked === "delete"}
        title="Delete this draft?"
        act="Delete"
        danger
        pending={remove.isPending}
        problem={remove.error}
        onConfirm={() => remove.mutate({ id })}
        onClose={() => setAsked(null)}
      >
        “{campaign.name}” is gone for good. Nothing of it was sent.
      </Confirm>
    </>
  );
};
