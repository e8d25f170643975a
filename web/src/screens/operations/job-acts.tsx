// What an administrator may do with one job, by its state: run it again, cancel it, delete it.
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Confirm } from "../../parts/confirm.tsx";
import { Icon } from "../../parts/icon.tsx";
import { refresh, useWrite } from "../../query.ts";
import { isLive, type JobDetail } from "./job-words.ts";

/** Buttons in the heading of the job, each with its question. */
export const JobActs = ({ job }: { readonly job: JobDetail }) => {
  const [asked, setAsked] = useState<"retry" | "cancel" | "delete">();
  const navigate = useNavigate();
  const close = () => setAsked(undefined);
  const done = (message: string) => () => {
    notifications.show({ message });
    close();
  };
  const { id } = job;
  const retry = useWrite("jobs.retry", { touches: ["jobs"], done: done("It runs again.") });
  const cancel = useWrite("jobs.cancel", { touches: ["jobs"], done: done("It was cancelled.") });
  const remove = useWrite("jobs.remove", {
    touches: [],
    done: () => {
      notifications.show({ message: "The job was deleted." });
      void navigate({ to: "/operations/jobs", search: {} }).then(() => refresh(["jobs.list", "jobs.failures"]));
    },
  });
  const mendable = job.state === "failed" || job.state === "cancelled";
  return (
    <>
      {mendable && (
        <Button leftSection={<Icon name="refresh" size={16} />} onClick={() => setAsked("retry")}>
          Run again
        </Button>
      )}
      {isLive(job.state) ? (
        <Button variant="default" leftSection={<Icon name="stop" size={16} />} onClick={() => setAsked("cancel")}>
          Cancel
        </Button>
      ) : (
        <Button variant="default" leftSection={<Icon name="trash" size={16} />} onClick={() => setAsked("delete")}>
          Delete
        </Button>
      )}
      <Confirm
        opened={asked === "retry"}
        title="Run this job again?"
        act="Run again"
        pending={retry.isPending}
        problem={retry.error}
        onConfirm={() => retry.mutate({ id })}
        onClose={close}
      >
        It starts from the beginning with the input it had. To mend the input first, use “Change it and run again”
        below.
      </Confirm>
      <Confirm
        opened={asked === "cancel"}
        title="Cancel this job?"
        act="Cancel the job"
        danger
        pending={cancel.isPending}
        problem={cancel.error}
        onConfirm={() => cancel.mutate({ id })}
        onClose={close}
      >
        {job.state === "running"
          ? "It is told to stop within a second. What it has done so far stays done. It can be run again."
          : "It will not start. It can be run again."}
      </Confirm>
      <Confirm
        opened={asked === "delete"}
        title="Delete this job?"
        act="Delete the job"
        danger
        pending={remove.isPending}
        problem={remove.error}
        onConfirm={() => remove.mutate({ id })}
        onClose={close}
      >
        It leaves the history for good, with its errors and its log. What it did stays done.
      </Confirm>
    </>
  );
};
