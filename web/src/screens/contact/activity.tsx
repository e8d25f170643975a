// Everything that happened to one contact, newest first: one stream over messages, consent, suppressions and imports.
import { Button, NativeSelect, Skeleton, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Fragment, type ReactNode } from "react";
import type { ActivityType, Activity as Entry } from "../../../../shared/contracts/activity.ts";
import { Icon } from "../../parts/icon.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { useRows } from "../../query.ts";
import { dayOf, moment, timeOf } from "../../words.ts";
import css from "./contact.module.css";
import { entryWords } from "./entry-words.ts";

const kinds: readonly { readonly value: ActivityType; readonly label: string }[] = [
  { value: "message", label: "Messages" },
  { value: "event", label: "Opens, clicks and answers" },
  { value: "consent", label: "Consent" },
  { value: "suppression", label: "Suppressions" },
  { value: "import", label: "Imports" },
];

/** Where an entry leads: its message in a drawer, or its import. */
const Opening = ({ entry, children }: { readonly entry: Entry; readonly children: ReactNode }) => {
  const message = entry.type === "message" ? entry.id : entry.messageId;
  if (message)
    return (
      <Link to="." search={(search: object) => ({ ...search, message })} resetScroll={false}>
        {children}
      </Link>
    );
  if (entry.type === "import")
    return (
      <Link to="/imports/$id" params={{ id: entry.id }}>
        {children}
      </Link>
    );
  return <>{children}</>;
};

const Line = ({ entry }: { readonly entry: Entry }) => {
  const { icon, tone, line, more } = entryWords(entry);
  return (
    <li className={css["entry"]} data-tone={tone}>
      <span className={css["mark"]}>
        <Icon name={icon} size={15} />
      </span>
      <div className={css["what"]}>
        <div className={css["first"]}>
          <span className="lc-break">
            <Opening entry={entry}>{line}</Opening>
          </span>
          <time dateTime={entry.at} title={moment(entry.at)}>
            {timeOf(entry.at)}
          </time>
        </div>
        {more && <div className={css["more"]}>{more}</div>}
      </div>
    </li>
  );
};

export interface ActivityProps {
  readonly id: string;
  readonly type: ActivityType | undefined;
  readonly onType: (type: ActivityType | undefined) => void;
}

/** The stream, day by day. */
export const Activity = ({ id, type, onType }: ActivityProps) => {
  const list = useRows("contacts.activity", { id, limit: 50, ...(type ? { type } : {}) }, { every: 10_000 });
  const days = Map.groupBy(list.rows, (entry) => dayOf(entry.at));
  return (
    <Section
      title="What happened"
      aside={
        <NativeSelect
          aria-label="Kind"
          value={type ?? ""}
          onChange={(event) => onType((event.currentTarget.value || undefined) as ActivityType | undefined)}
        >
          <option value="">Everything</option>
          {kinds.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </NativeSelect>
      }
    >
      <Stack gap="sm">
        {list.loading && <Skeleton height={160} role="status" aria-label="Loading the activity" />}
        {list.problem && <ProblemNote problem={list.problem} retry={list.retry} />}
        {!list.loading && list.rows.length === 0 && !list.problem && (
          <Text fz="sm" c="dimmed">
            Nothing of this kind so far.
          </Text>
        )}
        <div aria-busy={list.stale}>
          {[...days].map(([day, entries]) => (
            <Fragment key={day}>
              <h3 className={css["day"]}>{day}</h3>
              <ol className={`lc-plain-list ${css["stream"]}`}>
                {entries.map((entry) => (
                  <Line key={`${entry.type} ${entry.id}`} entry={entry} />
                ))}
              </ol>
            </Fragment>
          ))}
        </div>
        {list.hasMore && (
          <Button variant="default" onClick={list.loadMore} loading={list.loadingMore} style={{ alignSelf: "center" }}>
            What was before
          </Button>
        )}
      </Stack>
    </Section>
  );
};
