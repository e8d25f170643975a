// Choosing a new password with a mailed link. Opening the link changes nothing; only the button does.
import { Button, Stack } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { call } from "../../api.ts";
import { showAtFields } from "../../form.ts";
import { ButtonLink, TextLink } from "../../parts/link.tsx";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { asProblem, type Problem } from "../../problem.ts";
import { Entry } from "./entry.tsx";
import { NewPassword, type NewPasswordFields } from "./new-password-fields.tsx";

const route = getRouteApi("/reset/$token");

/** Sets the password, then leads to the sign-in. */
export const Reset = () => {
  const { token } = route.useParams();
  const form = useForm<NewPasswordFields>({ defaultValues: { password: "", again: "" } });
  const [problem, setProblem] = useState<Problem | null>(null);
  const [done, setDone] = useState(false);
  const submit = form.handleSubmit(async ({ password }) => {
    setProblem(null);
    try {
      await call("accounts.resetPassword", { token, password });
      setDone(true);
    } catch (error) {
      const found = asProblem(error);
      if (!showAtFields(form, found, { password: "password" })) setProblem(found);
    }
  });
  return (
    <Entry
      tab="New password"
      title="Choose a new password"
      below={!done && <TextLink to="/sign-in">Back to the sign-in</TextLink>}
    >
      {done ? (
        <Stack gap="md">
          <Note tone="good" role="status" title="Your password is changed">
            You are signed out everywhere, and your access tokens are revoked: programs that used them need new ones.
          </Note>
          <ButtonLink to="/sign-in" fullWidth>
            Sign in
          </ButtonLink>
        </Stack>
      ) : (
        <form onSubmit={submit} noValidate>
          <Stack gap="md">
            {problem && <ProblemNote problem={problem} />}
            {problem?.code === "LINK_INVALID" && <TextLink to="/forgot">Ask for a new link</TextLink>}
            <NewPassword register={form.register} errors={form.formState.errors} />
            <Button type="submit" loading={form.formState.isSubmitting} fullWidth>
              Change the password
            </Button>
          </Stack>
        </form>
      )}
    </Entry>
  );
};
