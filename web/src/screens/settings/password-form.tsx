// Changing one's own password. Needs the one in use, and signs out everywhere else.
import { Button, Checkbox, PasswordInput, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useEffect } from "react";
import { useForm } from "react-hook-form";
import { showAtFields } from "../../form.ts";
import { ProblemNote } from "../../parts/note.tsx";
import { useWrite } from "../../query.ts";
import { NewPassword, type NewPasswordFields } from "../entry/new-password-fields.tsx";
import css from "./settings.module.css";

interface Fields extends NewPasswordFields {
  current: string;
  revokeTokens: boolean;
}

/** The form. */
export const PasswordForm = () => {
  const form = useForm<Fields>({ defaultValues: { current: "", password: "", again: "", revokeTokens: false } });
  const change = useWrite("accounts.changePassword", {
    touches: ["accounts.listSessions", "accounts.listTokens"],
    done: () => {
      form.reset();
      notifications.show({ message: "Your password is changed. You are signed out everywhere else." });
    },
  });
  useEffect(() => {
    showAtFields(form, change.error, { current: "current", password: "password" });
  }, [form, change.error]);
  const { errors } = form.formState;
  return (
    <form
      noValidate
      className={css["narrow"]}
      onSubmit={form.handleSubmit(({ again: _, ...fields }) => change.mutate(fields))}
    >
      <Stack gap="md">
        {change.error && change.error.errors.length === 0 && <ProblemNote problem={change.error} />}
        <PasswordInput
          label="Current password"
          autoComplete="current-password"
          error={errors.current?.message}
          {...form.register("current", { required: "Give the password that you use now" })}
        />
        <NewPassword register={form.register as never} errors={errors} />
        <Checkbox
          label="Revoke my access tokens, too"
          description="If somebody else may know your password. Programs that use them stop working."
          {...form.register("revokeTokens")}
        />
        <div>
          <Button type="submit" loading={change.isPending}>
            Change the password
          </Button>
        </div>
      </Stack>
    </form>
  );
};
