// Inviting a colleague: an address, a role, and a mail goes out.
import { Button, Group, Modal, NativeSelect, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useEffect, useState } from "react";
import { useForm } from "react-hook-form";
import type { Role } from "../../../../shared/contracts/role.ts";
import { showAtFields } from "../../form.ts";
import { ProblemNote } from "../../parts/note.tsx";
import { besideProof, Proof } from "../../parts/proof.tsx";
import { useWrite } from "../../query.ts";
import { LimitField, lacksChoice } from "./limit-field.tsx";
import { roleChoices } from "./role-words.ts";

interface Fields {
  email: string;
  name: string;
  role: Role;
}

export interface InviteFormProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** The dialog. */
export const InviteForm = ({ opened, onClose }: InviteFormProps) => {
  const form = useForm<Fields>({ defaultValues: { email: "", name: "", role: "editor" } });
  const [limit, setLimit] = useState<string[] | null>(null);
  const role = form.watch("role");
  const invite = useWrite("users.invite", {
    touches: ["users"],
    done: (result) => {
      notifications.show({ message: `The invite to ${result.email} is on its way.` });
      form.reset();
      setLimit(null);
      onClose();
    },
  });
  useEffect(() => {
    showAtFields(form, invite.error, { email: "email", role: "role", name: "name" });
  }, [form, invite.error]);
  const submit = form.handleSubmit(({ email, name }) =>
    invite.mutate({
      email: email.trim(),
      role,
      ...(name.trim() === "" ? {} : { name: name.trim() }),
      ...(role === "owner" || limit === null ? {} : { communities: limit }),
    }),
  );
  const { errors } = form.formState;
  const problem = besideProof(invite.error);
  return (
    <Modal opened={opened} onClose={onClose} title="Invite a colleague" closeButtonProps={{ "aria-label": "Close" }}>
      <form noValidate onSubmit={submit}>
        <Stack gap="md">
          {problem && problem.errors.length === 0 && <ProblemNote problem={problem} />}
          <TextInput
            label="Email"
            type="email"
            data-autofocus
            error={errors.email?.message}
            {...form.register("email", { required: "Give the email of your colleague" })}
          />
          <TextInput
            label="Name"
            description="May be left empty; they can change it."
            error={errors.name?.message}
            {...form.register("name", { maxLength: 100 })}
          />
          <NativeSelect label="Role" data={roleChoices} error={errors.role?.message} {...form.register("role")} />
          <LimitField
            role={role}
            value={limit}
            onChange={setLimit}
            error={invite.error?.errors.find(({ path }) => path === "communities")?.message}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={invite.isPending} disabled={lacksChoice(role, limit)}>
              Send the invite
            </Button>
          </Group>
        </Stack>
      </form>
      <Proof write={invite} />
    </Modal>
  );
};
