// What went wrong in each try of a job, the newest first.
import { Text } from "@mantine/core";
import { Section } from "../../parts/page.tsx";
import { moment } from "../../words.ts";
import { CodeBlock } from "./code-block.tsx";
import { errorWords, type JobDetail } from "./job-words.ts";
import css from "./jobs.module.css";

/** The error of every try. A job that was run again counts its tries anew and keeps the errors of those before. */
export const JobTries = ({ job }: { readonly job: JobDetail }) => (
  <Section title={job.state === "failed" ? "Why it failed" : "What went wrong before"}>
    <ol className={`lc-plain-list ${css["tries"]}`} aria-label="Errors of its tries">
      {job.errors
        .map((error, index) => ({ ...error, number: index + 1 }))
        .reverse()
        .map((error) => (
          <li key={error.number}>
            <div className={css["tryHead"]}>
              <strong>
                Error {error.number} of {job.errors.length}: {errorWords(error.class)}
              </strong>
              <span>
                {moment(error.at)}
                {error.attempt !== error.number && `, try ${error.attempt} after it was run again`}
              </span>
            </div>
            <Text fz="sm" className="lc-break">
              {error.message}
            </Text>
            {error.frames.length > 0 && (
              <details>
                <summary className={css["quiet"]}>Where in the code</summary>
                <CodeBlock label={`Code of error ${error.number}`} text={error.frames.join("\n")} />
              </details>
            )}
          </li>
        ))}
    </ol>
  </Section>
);
