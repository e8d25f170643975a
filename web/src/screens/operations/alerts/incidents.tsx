// Incidents: what is open now, and what was.
import { Text } from "@mantine/core";
import { Icon } from "../../../parts/icon.tsx";
import { Note, ProblemNote } from "../../../parts/note.tsx";
import { Section } from "../../../parts/page.tsx";
import { Status } from "../../../parts/status.tsx";
import { type Rows, useRows } from "../../../query.ts";
import { counted, duration, moment, shortMoment } from "../../../words.ts";
import { type Incident, inUnit } from "./alert-words.ts";
import css from "./alerts.module.css";

const lasted = ({ openedAt, recoveredAt }: Incident): string =>
  duration((Date.parse(recoveredAt ?? new Date().toISOString()) - Date.parse(openedAt)) / 1_000);

const Line = ({ incident }: { readonly incident: Incident }) => (
  <li>
    <span className={css["what"]}>
      <Text fz="sm" fw={500} component="span">
        {incident.sentence}
      </Text>
      {incident.detail && <small>{incident.detail}</small>}
      <small>
        {incident.name} · {incident.state === "open" ? `since ${moment(incident.openedAt)}` : `for ${lasted(incident)}`}
        , at worst {inUnit(incident.unit, incident.worstValue)}
        {incident.flaps > 0 && ` · came back ${counted(incident.flaps, "time")}`}
        {incident.notifiedAt === null && " · nobody was told"}
      </small>
    </span>
    <span className={css["beside"]}>
      <Status
        word={
          incident.state === "open"
            ? incident.wellSince
              ? { label: `well since ${shortMoment(incident.wellSince)}, not over yet`, tone: "warn" }
              : { label: "open", tone: "bad" }
            : { label: `over ${shortMoment(incident.recoveredAt ?? incident.openedAt)}`, tone: "good" }
        }
      />
    </span>
  </li>
);

const List = ({ list }: { readonly list: Rows<Incident> }) => (
  <ul className={css["list"]}>
    {list.rows.map((incident) => (
      <Line key={incident.id} incident={incident} />
    ))}
  </ul>
);

export interface OpenIncidentsProps {
  readonly list: Rows<Incident>;
  readonly evaluatedAt: string | null | undefined;
}

/** What is open, or that nothing is. */
export const OpenIncidents = ({ list, evaluatedAt }: OpenIncidentsProps) => {
  if (list.problem) return <ProblemNote problem={list.problem} retry={list.retry} />;
  if (list.rows.length === 0)
    return (
      <Note tone={evaluatedAt ? "good" : "info"} title={evaluatedAt ? "Nothing is wrong" : "Nobody has looked yet"}>
        {evaluatedAt ? `Looked last at ${moment(evaluatedAt)}.` : "The rules are looked at every few seconds."}
      </Note>
    );
  return (
    <Section
      title={
        <span className={css["title"]}>
          <Icon name="alert" size={18} /> {counted(list.rows.length, "alert")} open
        </span>
      }
    >
      <List list={list} />
    </Section>
  );
};

/** What was and is over. */
export const PastIncidents = () => {
  const list = useRows("monitors.incidents", { state: "recovered", limit: 20 }, { every: 15_000 });
  if (list.rows.length === 0) return null;
  return (
    <Section title="Earlier">
      <List list={list} />
    </Section>
  );
};
