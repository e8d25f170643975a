// Signing in with email and password.
import { Button, Paper, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useForm } from "react-hook-form";
import { showAtFields } from "../form.ts";
import { ProblemNote } from "../parts/note.tsx";
import { ThemeSwitch } from "../parts/theme-switch.tsx";
import { asProblem, type Problem } from "../problem.ts";
import { signIn } from "../session.ts";
import css from "./sign-in.module.css";

interface Fields {
  email: string;
  password: string;
}

const route = getRouteApi("/sign-in");

/** The first screen. Comes back to where the visitor wanted to go. */
export const SignIn = () => {
  const { next } = route.useSearch();
  const router = useRouter();
  const form = useForm<Fields>({ defaultValues: { email: "", password: "" } });
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    document.title = "Sign in · Learning Center";
  }, []);
  const submit = form.handleSubmit(async ({ email, password }) => {
    setProblem(null);
    try {
      await signIn(email.trim(), password);
    } catch (error) {
      const found = asProblem(error);
      if (!showAtFields(form, found, { email: "email", password: "password" })) setProblem(found);
      return;
    }
    // Only a path of this app: an address of elsewhere in `next` would be a trap.
    await router.navigate({ href: next?.startsWith("/") && !next.startsWith("//") ? next : "/", replace: true });
  });
  const { errors, isSubmitting } = form.formState;
  return (
    <main className={css["page"]}>
      <div className={css["box"]}>
        <div className={css["brand"]}>
          <img src="/favicon.svg" width={44} height={44} alt="" />
          <Title order={1}>Learning Center</Title>
          <Text c="dimmed">Reach the people you teach, and see who got what.</Text>
        </div>
        <Paper className={css["card"]}>
          <form onSubmit={submit} noValidate>
            <Stack gap="md">
              {problem && <ProblemNote problem={problem} />}
              <TextInput
                label="Email"
                type="email"
                autoComplete="username"
                autoFocus
                error={errors.email?.message}
                {...form.register("email", { required: "Give the email you were invited with" })}
              />
              <PasswordInput
                label="Password"
                autoComplete="current-password"
                error={errors.password?.message}
                {...form.register("password", { required: "Give your password" })}
              />
              <Button type="submit" loading={isSubmitting} fullWidth mt={4}>
                Sign in
              </Button>
            </Stack>
          </form>
        </Paper>
        <Text c="dimmed" fz="sm" ta="center">
          On a machine of your own, the terminal printed the address and the password at the first start.
        </Text>
      </div>
      <div className={css["theme"]}>
        <ThemeSwitch />
      </div>
    </main>
  );
};
