// The second step of a sign-in: the code of one's app; or, where everybody needs a second factor and one has none yet,
// setting it up. Loaded only when it is asked for.
import { Button, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type ApiResult, call } from "../../api.ts";
import { ProblemNote } from "../../parts/note.tsx";
import { asProblem, type Problem } from "../../problem.ts";
import { type Asked, keepSession } from "../../session.ts";
import { CodeFields, noCode, proofOf } from "../second-factor/code-fields.tsx";
import { RecoveryCodes } from "../second-factor/recovery-codes.tsx";
import { ScanSecret } from "../second-factor/scan-secret.tsx";
import { Entry } from "./entry.tsx";

export interface SecondStepProps {
  readonly asked: Asked;
  /** The session has begun. */
  readonly onEntered: () => void;
  readonly onStartAgain: () => void;
}

const StartAgain = ({ onStartAgain }: Pick<SecondStepProps, "onStartAgain">) => (
  <Button variant="subtle" onClick={onStartAgain} fullWidth>
    Start again
  </Button>
);

const GiveCode = ({ asked, onEntered, onStartAgain }: SecondStepProps) => {
  const [typed, setTyped] = useState(noCode);
  const [tried, setTried] = useState(false);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const wrong = problem?.code === "CODE_WRONG" || problem?.status === 422;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (typed.text.trim() === "" || sending) return;
    setProblem(null);
    setSending(true);
    try {
      keepSession(await call("secondFactor.signIn", { challenge: asked.challenge, ...proofOf(typed) }));
      onEntered();
    } catch (error) {
      setProblem(asProblem(error));
      setTyped({ ...typed, text: "" });
      setTried(false);
    } finally {
      setSending(false);
    }
  };
  return (
    <Entry tab="Sign in" title="Your second factor">
      <form onSubmit={(event) => void submit(event)} noValidate>
        <Stack gap="md">
          {problem && !wrong && <ProblemNote problem={problem} />}
          {problem?.code !== "CHALLENGE_INVALID" && (
            <>
              <CodeFields
                value={typed}
                onChange={(value) => {
                  // What was said about the one kind of code is not true of the other.
                  if (value.recovery !== typed.recovery) {
                    setProblem(null);
                    setTried(false);
                  }
                  setTyped(value);
                }}
                autoFocus
                error={
                  tried && typed.text.trim() === ""
                    ? "Give the code"
                    : wrong
                      ? typed.recovery
                        ? "Is wrong, or was used already. Each of them works once."
                        : "Is wrong, or was used already. A code works once: wait for the next one."
                      : undefined
                }
              />
              <Button type="submit" loading={sending} fullWidth>
                Sign in
              </Button>
            </>
          )}
          <StartAgain onStartAgain={onStartAgain} />
        </Stack>
      </form>
    </Entry>
  );
};

const SetUp = ({ asked: { challenge }, onEntered, onStartAgain }: SecondStepProps) => {
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const secret = useQuery<ApiResult<"secondFactor.beginAtSignIn">, Problem>({
    queryKey: ["secondFactor.beginAtSignIn", challenge],
    queryFn: () => call("secondFactor.beginAtSignIn", { challenge }),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    // Once they are shown, the challenge is used up.
    enabled: codes === null,
  });
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const confirm = async (code: string) => {
    setProblem(null);
    setSending(true);
    try {
      const { recoveryCodes, ...session } = await call("secondFactor.finishAtSignIn", { challenge, code });
      setCodes(recoveryCodes);
      keepSession(session);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setSending(false);
    }
  };
  if (codes)
    return (
      <Entry tab="Sign in" title="Your recovery codes">
        <RecoveryCodes title="Your second factor is on" codes={codes} act="Go on" onDone={onEntered} />
      </Entry>
    );
  return (
    <Entry
      tab="Sign in"
      title="Set up a second factor"
      lead="Everybody here signs in with a password and a code from an app. It takes a minute."
    >
      <Stack gap="md">
        {secret.isError ? (
          <ProblemNote problem={secret.error} />
        ) : secret.isPending ? (
          <Stack role="status" aria-label="Loading">
            <Skeleton height={208} />
            <Text fz="sm">One moment …</Text>
          </Stack>
        ) : (
          <ScanSecret {...secret.data} pending={sending} problem={problem} onCode={(code) => void confirm(code)} />
        )}
        <StartAgain onStartAgain={onStartAgain} />
      </Stack>
    </Entry>
  );
};

/** What the server asks for after the password. */
export const SecondStep = (props: SecondStepProps) =>
  props.asked.setUp ? <SetUp {...props} /> : <GiveCode {...props} />;
