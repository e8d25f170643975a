// Signing in with email and password. The first screen of all, so it carries no form library: two fields need none, and a
// second step is loaded when it is asked for.
import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { type FormEvent, lazy, Suspense, useState } from "react";
import { TextLink } from "../../parts/link.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { asProblem, type Problem } from "../../problem.ts";
import { type Asked, signIn } from "../../session.ts";
import { Entry } from "./entry.tsx";

const SecondStep = lazy(() => import("./second-step.tsx").then((module) => ({ default: module.SecondStep })));

const route = getRouteApi("/sign-in");

/** The first screen. Comes back to where the visitor wanted to go. */
export const SignIn = () => {
  const { next } = route.useSearch();
  const router = useRouter();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [tried, setTried] = useState(false);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  // Only a path of this app: an address of elsewhere in `next` would be a trap.
  const goOn = () =>
    router.navigate({ href: next?.startsWith("/") && !next.startsWith("//") ? next : "/", replace: true });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (email.trim() === "" || password === "" || sending) return;
    setProblem(null);
    setSending(true);
    try {
      const more = await signIn(email.trim(), password);
      if (more) {
        setPassword("");
        setTried(false);
        setAsked(more);
      } else await goOn();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setSending(false);
    }
  };
  if (asked)
    return (
      <Suspense fallback={null}>
        <SecondStep asked={asked} onEntered={() => void goOn()} onStartAgain={() => setAsked(null)} />
      </Suspense>
    );
  return (
    <Entry
      tab="Sign in"
      title="Learning Center"
      lead="Reach the people you teach, and see who got what."
      below="On a machine of your own, the terminal printed the address and the password at the first start."
    >
      <form onSubmit={(event) => void submit(event)} noValidate>
        <Stack gap="md">
          {problem && <ProblemNote problem={problem} />}
          <TextInput
            label="Email"
            type="email"
            autoComplete="username"
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            error={tried && email.trim() === "" && "Give the email you were invited with"}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            error={tried && password === "" && "Give your password"}
          />
          <Button type="submit" loading={sending} fullWidth mt={4}>
            Sign in
          </Button>
          <TextLink to="/forgot" fz="sm" ta="center">
            Forgot your password?
          </TextLink>
        </Stack>
      </form>
    </Entry>
  );
};
