// Who a rule finds while it is being built: how many, the rule as a sentence, and some of them.
import { Group, Loader, Skeleton, Stack, Text } from "@mantine/core";
import type { ApiResult } from "../../api.ts";
import { TextLink } from "../../parts/link.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import type { Problem } from "../../problem.ts";
import { contactName, count } from "../../words.ts";
import css from "./segments.module.css";

export interface PreviewProps {
  /** False while a condition is not filled in. */
  readonly complete: boolean;
  readonly answer: ApiResult<"segments.preview"> | undefined;
  readonly problem: Problem | null;
  readonly loading: boolean;
  readonly retry: () => void;
}

/** The answer to the rule as it stands. */
export const Preview = ({ complete, answer, problem, loading, retry }: PreviewProps) => {
  if (!complete)
    return (
      <Text c="dimmed" fz="sm">
        Fill in every condition to see who is found.
      </Text>
    );
  if (problem) return <ProblemNote problem={problem} retry={retry} />;
  if (!answer) return <Skeleton height={120} />;
  return (
    <Stack gap="sm" aria-live="polite">
      <Group gap="sm" align="baseline">
        <span className={css["count"]}>{count(answer.count)}</span>
        <Text c="dimmed">{answer.count === 1 ? "contact" : "contacts"}</Text>
        {loading && <Loader size="xs" />}
      </Group>
      <Text fz="sm" className={css["sentence"] ?? ""}>
        Everybody for whom {answer.sentence}.
      </Text>
      {answer.sample.length > 0 && (
        <>
          <Text fz="sm" c="dimmed">
            The newest of them
          </Text>
          <ul className={`lc-plain-list ${css["sample"]}`}>
            {answer.sample.map((contact) => (
              <li key={contact.id}>
                <TextLink to="/contacts/$id" params={{ id: contact.id }} c="var(--lc-ink)" fz="sm">
                  {contactName(contact)}
                </TextLink>
                <Text span fz="xs" c="dimmed" className="lc-clip">
                  {contact.email ?? contact.phone}
                </Text>
              </li>
            ))}
          </ul>
        </>
      )}
    </Stack>
  );
};
