// Asks for the password again when the server wants a fresh proof for an act, then repeats the act. Stands beside a form,
// never inside one.
import { Button, Group, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Problem } from "../problem.ts";
import { useWrite } from "../query.ts";
import { ProblemNote } from "./note.tsx";

/** The problem of an act as its screen shows it: a missing proof is asked for here instead. */
export const besideProof = (problem: Problem | null): Problem | null =>
  problem?.code === "PROOF_NEEDED" ? null : problem;

interface ProofProps<R, P> {
  readonly write: UseMutationResult<R, Problem, P>;
}

const Ask = <R, P>({ write }: ProofProps<R, P>) => {
  const [password, setPassword] = useState("");
  const prove = useWrite("accounts.prove", {
    touches: [],
    done: () => {
      if (write.variables !== undefined) write.mutate(write.variables);
    },
  });
  const atField = prove.error?.errors[0]?.message;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (password !== "") prove.mutate({ password });
  };
  return (
    <Modal opened onClose={write.reset} title="Is it you?" closeButtonProps={{ "aria-label": "Close" }}>
      <form noValidate onSubmit={submit}>
        <Stack gap="md">
          <Text fz="sm">You signed in a while ago. Give your password again, and it goes on.</Text>
          {prove.error && atField === undefined && <ProblemNote problem={prove.error} />}
          <PasswordInput
            label="Your password"
            autoComplete="current-password"
            data-autofocus
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            error={atField}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={write.reset}>
              Leave it
            </Button>
            <Button type="submit" loading={prove.isPending}>
              Go on
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
};

/** Nothing, until the act is refused for want of a proof. */
export const Proof = <R, P>({ write }: ProofProps<R, P>) =>
  write.error?.code === "PROOF_NEEDED" ? <Ask write={write} /> : null;
