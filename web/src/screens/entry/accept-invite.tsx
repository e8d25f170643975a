// Accepting an invite: a name and a password, and one is in.
import { Button, Stack, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { type ApiResult, call } from "../../api.ts";
import { showAtFields } from "../../form.ts";
import { TextLink } from "../../parts/link.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { PageSkeleton } from "../../parts/page.tsx";
import { asProblem, type Problem } from "../../problem.ts";
import { type Asked, enterOrAsk } from "../../session.ts";
import { Entry } from "./entry.tsx";
import { NewPassword, type NewPasswordFields } from "./new-password-fields.tsx";
import { SecondStep } from "./second-step.tsx";

const route = getRouteApi("/accept-invite/$token");

interface Fields extends NewPasswordFields {
  name: string;
}

interface AcceptProps {
  readonly token: string;
  readonly invite: ApiResult<"accounts.showInvite">;
  /** They have joined; null: and are signed in. */
  readonly onJoined: (asked: Asked | null) => void;
}

const Accept = ({ token, invite, onJoined }: AcceptProps) => {
  const form = useForm<Fields>({ defaultValues: { name: invite.name ?? "", password: "", again: "" } });
  const [problem, setProblem] = useState<Problem | null>(null);
  const submit = form.handleSubmit(async ({ name, password }) => {
    setProblem(null);
    try {
      onJoined(enterOrAsk(await call("accounts.acceptInvite", { token, name: name.trim(), password })));
    } catch (error) {
      const found = asProblem(error);
      if (!showAtFields(form, found, { name: "name", password: "password" })) setProblem(found);
    }
  });
  const { errors, isSubmitting } = form.formState;
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {problem && <ProblemNote problem={problem} />}
        <TextInput label="Email" value={invite.email} readOnly autoComplete="username" />
        <TextInput
          label="Your name"
          autoComplete="name"
          error={errors.name?.message}
          {...form.register("name", { required: "Give your name", maxLength: 100 })}
        />
        <NewPassword register={form.register as never} errors={errors} />
        <Button type="submit" loading={isSubmitting} fullWidth>
          Join
        </Button>
      </Stack>
    </form>
  );
};

/** Shows whom the link invites, and takes what is missing. */
export const AcceptInvite = () => {
  const { token } = route.useParams();
  const invite = useQuery<ApiResult<"accounts.showInvite">, Problem>({
    queryKey: ["accounts.showInvite", token],
    queryFn: () => call("accounts.showInvite", { token }),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  const router = useRouter();
  const [asked, setAsked] = useState<Asked | null>(null);
  const enter = () => void router.navigate({ to: "/", replace: true });
  const role = invite.data?.role;
  if (asked)
    return (
      <SecondStep
        asked={asked}
        onEntered={enter}
        onStartAgain={() => void router.navigate({ to: "/sign-in", replace: true })}
      />
    );
  return (
    <Entry
      tab="Invite"
      title="Join the Learning Center"
      lead={role && `You are invited as ${/^[aeo]/.test(role) ? "an" : "a"} ${role}.`}
      below={<TextLink to="/sign-in">Sign in with an account you have</TextLink>}
    >
      {invite.isPending ? (
        <PageSkeleton />
      ) : invite.isError ? (
        <ProblemNote problem={invite.error} />
      ) : (
        <Accept token={token} invite={invite.data} onJoined={(more) => (more ? setAsked(more) : enter())} />
      )}
    </Entry>
  );
};
