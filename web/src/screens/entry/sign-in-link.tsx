// The sign-in link that the terminal printed. Opening the page changes nothing; the page itself then uses the link up, so
// that a program which only fetches addresses cannot.
import { Button, Stack, Text } from "@mantine/core";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { call } from "../../api.ts";
import { ButtonLink } from "../../parts/link.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { asProblem, type Problem } from "../../problem.ts";
import { keepSession } from "../../session.ts";
import { Entry } from "./entry.tsx";

const route = getRouteApi("/sign-in/$code");

/** Uses the link, or says why it does not work. */
export const SignInLink = () => {
  const { code } = route.useParams();
  const router = useRouter();
  const [problem, setProblem] = useState<Problem | null>(null);
  const used = useRef("");
  useEffect(() => {
    // Once, however often the screen is drawn: the second time the link would be used up.
    if (used.current === code) return;
    used.current = code;
    call("accounts.useSignInLink", { code }).then(
      (session) => {
        keepSession(session);
        return router.navigate({ to: "/", replace: true });
      },
      (error: unknown) => setProblem(asProblem(error)),
    );
  }, [code, router]);
  return (
    <Entry tab="Sign in" title="Learning Center">
      <Stack gap="md">
        {problem ? (
          <>
            <ProblemNote problem={problem} />
            <ButtonLink to="/sign-in" fullWidth>
              Sign in with your password
            </ButtonLink>
          </>
        ) : (
          <>
            <Text ta="center" role="status">
              Signing you in …
            </Text>
            <Button loading fullWidth>
              Sign in
            </Button>
          </>
        )}
      </Stack>
    </Entry>
  );
};
