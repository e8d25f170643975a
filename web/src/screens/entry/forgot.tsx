// Asking for a new password by mail. The answer is the same whether anybody has this email.
import { Button, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { call } from "../../api.ts";
import { TextLink } from "../../parts/link.tsx";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { asProblem, type Problem } from "../../problem.ts";
import { Entry } from "./entry.tsx";

/** Takes the email, and says what happens next. */
export const Forgot = () => {
  const form = useForm({ defaultValues: { email: "" } });
  const [problem, setProblem] = useState<Problem | null>(null);
  const [asked, setAsked] = useState<string | null>(null);
  const submit = form.handleSubmit(async ({ email }) => {
    setProblem(null);
    try {
      await call("accounts.forgotPassword", { email: email.trim() });
      setAsked(email.trim());
    } catch (error) {
      setProblem(asProblem(error));
    }
  });
  return (
    <Entry
      tab="New password"
      title="Forgot your password?"
      below={<TextLink to="/sign-in">Back to the sign-in</TextLink>}
    >
      {asked === null ? (
        <form onSubmit={submit} noValidate>
          <Stack gap="md">
            <Text fz="sm">We mail you a link with which you choose a new one.</Text>
            {problem && <ProblemNote problem={problem} />}
            <TextInput
              label="Email"
              type="email"
              autoComplete="username"
              autoFocus
              error={form.formState.errors.email?.message}
              {...form.register("email", { required: "Give the email you sign in with", minLength: 3 })}
            />
            <Button type="submit" loading={form.formState.isSubmitting} fullWidth>
              Mail me a link
            </Button>
          </Stack>
        </form>
      ) : (
        <Note tone="good" role="status" title="Look into your mail">
          If {asked} belongs to an account, a link is on its way. It works once, for one hour. Nothing there after some
          minutes? Look into the spam folder, or ask an owner.
        </Note>
      )}
    </Entry>
  );
};
