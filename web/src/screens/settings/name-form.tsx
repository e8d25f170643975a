// One's own name, as colleagues see it and invites are signed with.
import { Button, Group, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { useForm } from "react-hook-form";
import { showAtFields } from "../../form.ts";
import { ProblemNote } from "../../parts/note.tsx";
import { queryClient, useWrite } from "../../query.ts";
import css from "./settings.module.css";

/** The form. */
export const NameForm = ({ name }: { readonly name: string }) => {
  const router = useRouter();
  const form = useForm({ defaultValues: { name } });
  const rename = useWrite("accounts.rename", {
    touches: ["users"],
    done: () => {
      notifications.show({ message: "Your name is changed." });
      // The frame shows the name, too: who is signed in is read again.
      queryClient.removeQueries({ queryKey: ["accounts.me"] });
      void router.invalidate();
    },
  });
  useEffect(() => {
    showAtFields(form, rename.error, { name: "name" });
  }, [form, rename.error]);
  return (
    <form noValidate className={css["nameForm"]} onSubmit={form.handleSubmit((fields) => rename.mutate(fields))}>
      {rename.error && rename.error.errors.length === 0 && <ProblemNote problem={rename.error} />}
      <Group gap="xs" align="flex-end">
        <TextInput
          label="Name"
          autoComplete="name"
          className={css["nameField"] ?? ""}
          error={form.formState.errors.name?.message}
          {...form.register("name", { required: "Give your name", maxLength: 100 })}
        />
        <Button type="submit" variant="default" loading={rename.isPending}>
          Save
        </Button>
      </Group>
    </form>
  );
};
