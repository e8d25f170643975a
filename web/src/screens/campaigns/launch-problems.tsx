// What stands against launching, each with the way to where it is put right.
import { ButtonLink } from "../../parts/link.tsx";
import { Note } from "../../parts/note.tsx";

const acts: Readonly<Record<string, string>> = {
  SENDER_INCOMPLETE: "Fill in the sender account",
  PUBLIC_URL_NOT_REACHABLE: "See how mail leaves",
  PROVIDER_MISSING: "See how mail leaves",
};

export interface LaunchProblemsProps {
  readonly problems: readonly { readonly code: string; readonly message: string }[];
  readonly title: string;
}

/** A note per problem; nothing when there is none. */
export const LaunchProblems = ({ problems, title }: LaunchProblemsProps) =>
  problems.map(({ code, message }) => (
    <Note
      key={code}
      tone="bad"
      role="alert"
      title={title}
      actions={
        acts[code] && (
          <ButtonLink to="/settings/sending" size="compact-sm" variant="default">
            {acts[code]}
          </ButtonLink>
        )
      }
    >
      {message}
    </Note>
  ));
