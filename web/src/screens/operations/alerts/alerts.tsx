// Alerts: what is wrong now, the rules that watch for it, who is told, and what was.
import { Button } from "@mantine/core";
import { useState } from "react";
import { Icon } from "../../../parts/icon.tsx";
import { useMay } from "../../../parts/may.tsx";
import { Note, ProblemNote } from "../../../parts/note.tsx";
import { PageSkeleton } from "../../../parts/page.tsx";
import { useRead, useRows, useWrite } from "../../../query.ts";
import { moment } from "../../../words.ts";
import { OperationsPage } from "../operations-page.tsx";
import css from "./alerts.module.css";
import { Channels } from "./channels.tsx";
import { OpenIncidents, PastIncidents } from "./incidents.tsx";
import { Rules } from "./rules.tsx";
import { SilenceForm } from "./silence-form.tsx";

/** The silence over everything, or the way to it. */
const useSilence = (enabled: boolean) => {
  const channels = useRead("monitors.channels", {}, { enabled });
  const [asking, setAsking] = useState(false);
  const touches = ["monitors"];
  const silence = useWrite("monitors.silenceAll", { touches, done: () => setAsking(false) });
  const end = useWrite("monitors.unsilenceAll", { touches });
  return { silenced: channels.data?.silenced ?? null, asking, setAsking, silence, end };
};

/** The screen. */
export const Alerts = () => {
  const may = useMay();
  const mayAct = may("monitors.silenceAll");
  const rules = useRead("monitors.list", {}, { every: 5_000 });
  const open = useRows("monitors.incidents", { state: "open", limit: 100 }, { every: 5_000 });
  // Together, so that what is open does not push the rules away under somebody's pointer.
  const shown = open.loading ? undefined : rules.data;
  const [making, setMaking] = useState(false);
  const { silenced, asking, setAsking, silence, end } = useSilence(mayAct);
  return (
    <OperationsPage
      title="Alerts"
      lead="Rules watch queues, jobs, schedules and the stores. When something is wrong, people are told, and again when it is well."
      actions={
        mayAct && (
          <>
            {!silenced && (
              <Button variant="default" onClick={() => setAsking(true)}>
                Silence all
              </Button>
            )}
            <Button onClick={() => setMaking(true)} leftSection={<Icon name="plus" size={16} />}>
              Make a rule
            </Button>
          </>
        )
      }
    >
      <div className={css["stack"]}>
        {silenced && (
          <Note
            tone="warn"
            title={`Everything is silent until ${moment(silenced.until)}`}
            actions={
              <Button size="compact-sm" variant="default" loading={end.isPending} onClick={() => end.mutate({})}>
                End the silence
              </Button>
            }
          >
            {silenced.reason ?? "Nobody is mailed or called."}
          </Note>
        )}
        {rules.error && <ProblemNote problem={rules.error} retry={() => void rules.refetch()} />}
        {!shown && !rules.error && <PageSkeleton />}
        {shown && (
          <>
            <OpenIncidents list={open} evaluatedAt={shown.evaluatedAt} />
            <Rules rules={shown.data} mayAct={mayAct} making={making} onMade={() => setMaking(false)} />
          </>
        )}
        {mayAct && <Channels />}
        <PastIncidents />
      </div>
      <SilenceForm
        what={asking ? "everything" : null}
        pending={silence.isPending}
        problem={silence.error}
        onSilence={(given) => silence.mutate(given)}
        onClose={() => setAsking(false)}
      />
    </OperationsPage>
  );
};
