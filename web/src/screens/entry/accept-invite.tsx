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
import { keepSession } from "../../session.ts";
import { Entry } from "./entry.tsx";
import { NewPassword, type NewPasswordFields } from "./new-password-fields.tsx";

const route = getRouteApi("/accept-invite/$token");

interface Fields extends NewPasswordFields {
  name: string;
}

const Accept = ({ token, invite }: { readonly token: string; readonly invite: ApiResult<"accounts.showInvite"> }) => {
  const router = useRouter();
  const form = useForm<Fields>({ defaultValues: { name: invite.name ?? "", password: "", again: "" } });
  const [problem, setProblem] = useState<Problem | null>(null);
  const submit = form.handleSubmit(async ({ name, password }) => {
    setProblem(null);
    try {
      keepSession(await call("accounts.acceptInvite", { token, name: name.trim(), password }));
    } catch (error) {
      const found = asProblem(error);
      if (!showAtFields(form, found, { name: "name", password: "password" })) setProblem(found);
      return;
    }
    await router.navigate({ to: "/", replace: true });
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
  const role = invite.data?.role;
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
        <Accept token={token} invite={invite.data} />
      )}
    </Entry>
  );
};
