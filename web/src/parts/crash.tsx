// What a screen shows when it cannot be shown at all: the server is away, nothing is at this address, or it broke.
import { Button, Center, Stack } from "@mantine/core";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { asProblem } from "../problem.ts";
import { Icon } from "./icon.tsx";
import { ButtonLink } from "./link.tsx";
import { Empty, Note, ProblemNote } from "./note.tsx";

/** The error of a route. While the system starts it looks again by itself every two seconds. */
export const Crash = ({ error, reset }: ErrorComponentProps) => {
  const router = useRouter();
  const problem = asProblem(error);
  const stale = /dynamically imported module|module script/i.test(String(error));
  const starting = problem.status === 503;
  useEffect(() => {
    if (!starting) return;
    const timer = setInterval(() => void router.invalidate(), 2000);
    return () => clearInterval(timer);
  }, [starting, router]);
  return (
    <Center p="xl" mih="50vh">
      <Stack maw={520} w="100%">
        {stale ? (
          <Note
            tone="info"
            title="A new version is here"
            actions={
              <Button size="compact-sm" onClick={() => window.location.reload()}>
                Load it
              </Button>
            }
          >
            The app was updated since this tab was opened.
          </Note>
        ) : starting ? (
          <Note tone="info" role="status" title={problem.title}>
            {problem.detail} This page goes on by itself.
          </Note>
        ) : (
          <ProblemNote
            problem={problem}
            retry={() => {
              reset();
              void router.invalidate();
            }}
          />
        )}
      </Stack>
    </Center>
  );
};

/** Nothing is at this address. */
export const Missing = () => (
  <Empty
    icon="search"
    title="There is nothing at this address"
    actions={
      <ButtonLink to="/" leftSection={<Icon name="back" size={16} />}>
        To the overview
      </ButtonLink>
    }
  >
    The link may be old, or what it led to was deleted.
  </Empty>
);
