// The browsers in which the person is signed in, each with a way to end it.
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { ProblemNote } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead, useWrite } from "../../query.ts";
import { moment } from "../../words.ts";
import css from "./settings.module.css";

/** An address as people read it. */
export const placeOf = (address: string): string => (/^(::1$|127\.)/.test(address) ? "this machine" : address);

/** The list. */
export const Sessions = () => {
  const list = useRead("accounts.listSessions", {});
  const end = useWrite("accounts.endSession", { touches: ["accounts.listSessions"] });
  const endOthers = useWrite("accounts.endOtherSessions", {
    touches: ["accounts.listSessions"],
    done: () => notifications.show({ message: "You are signed in only here now." }),
  });
  const sessions = list.data?.data ?? [];
  const problem = list.error ?? end.error ?? endOthers.error;
  return (
    <Section
      title="Signed in"
      aside={
        sessions.length > 1 && (
          <Button
            variant="default"
            size="compact-sm"
            loading={endOthers.isPending}
            onClick={() => endOthers.mutate({})}
          >
            Sign out everywhere else
          </Button>
        )
      }
    >
      {problem && <ProblemNote problem={problem} />}
      <ul className={css["plain"]} aria-label="Sessions">
        {sessions.map((session) => (
          <li key={session.id}>
            <span className={css["who"]}>
              <span>{session.device}</span>
              <small>
                {placeOf(session.address)} · since {moment(session.createdAt)} · last seen {moment(session.lastSeenAt)}
              </small>
            </span>
            {session.current ? (
              <Status word={{ label: "this browser", tone: "good" }} />
            ) : (
              <Button
                variant="subtle"
                size="compact-sm"
                aria-label={`Sign out ${session.device}, since ${moment(session.createdAt)}`}
                onClick={() => end.mutate({ id: session.id })}
              >
                Sign out
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
};
