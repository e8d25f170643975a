// The person's last sign-ins and refused tries: one that was not theirs stands out here.
import { Text } from "@mantine/core";
import type { ApiResult } from "../../api.ts";
import { ProblemNote } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead } from "../../query.ts";
import { moment, type Word } from "../../words.ts";
import { placeOf } from "./sessions.tsx";
import css from "./settings.module.css";

type SignIn = ApiResult<"accounts.recentSignIns">["data"][number];

const proofs: Readonly<Record<NonNullable<SignIn["by"]>, string>> = {
  password: "password",
  code: "password and code",
  "recovery-code": "password and recovery code",
  invite: "invite",
  link: "link in the terminal",
};
const words: Readonly<Record<SignIn["result"], Word>> = {
  "signed-in": { label: "signed in", tone: "good" },
  "wrong-password": { label: "wrong password", tone: "warn" },
  "wrong-code": { label: "wrong code", tone: "warn" },
};

const aboutOf = ({ at, address, result, by }: SignIn) =>
  [moment(at), address === null ? null : placeOf(address), result === "signed-in" && by ? proofs[by] : null]
    .filter((part) => part !== null)
    .join(" · ");

/** The list, the newest first. */
export const SignIns = () => {
  const list = useRead("accounts.recentSignIns", {});
  return (
    <Section title="Recent sign-ins">
      {list.error && <ProblemNote problem={list.error} />}
      <Text fz="sm" c="dimmed" maw="65ch">
        One of them was not you? Change your password, and sign out everywhere else.
      </Text>
      <ul className={css["plain"]} aria-label="Recent sign-ins">
        {list.data?.data.map((line) => (
          <li key={`${line.at} ${line.result}`}>
            <span className={css["who"]}>
              <span>{line.device ?? "Unknown browser"}</span>
              <small>{aboutOf(line)}</small>
            </span>
            <Status word={words[line.result]} />
          </li>
        ))}
      </ul>
    </Section>
  );
};
