// Changing a colleague's name, role and the communities that they see.
import { Button, Group, Modal, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { useForm } from "react-hook-form";
import type { Role } from "../../../../shared/contracts/role.ts";
import type { Row } from "../../api.ts";
import { orNull, showAtFields } from "../../form.ts";
import { ProblemNote } from "../../parts/note.tsx";
import { besideProof, Proof } from "../../parts/proof.tsx";
import { useWrite } from "../../query.ts";
import { LimitField, lacksChoice } from "./limit-field.tsx";
import { roleChoices } from "./role-words.ts";

export type Member = Row<"users.list">;

interface Fields {
  name: string;
  role: Role;
}

export interface MemberFormProps {
  readonly member: Member;
  readonly onClose: () => void;
}

/** The dialog, for one person. */
export const MemberForm = ({ member, onClose }: MemberFormProps) => {
  const form = useForm<Fields>({ defaultValues: { name: member.name ?? "", role: member.role } });
  const update = useWrite("users.update", { touches: ["users", "accounts.me"], done: onClose });
  useEffect(() => {
    showAtFields(form, update.error, { name: "name", role: "role" });
  }, [form, update.error]);
  const [limit, setLimit] = useState<string[] | null>(member.communities);
  const moved =
    JSON.stringify([...(limit ?? ["all"])].sort()) !== JSON.stringify([...(member.communities ?? ["all"])].sort());
  const { errors } = form.formState;
  const problem = besideProof(update.error);
  const role = form.watch("role");
  return (
    <Modal opened onClose={onClose} title={member.email} closeButtonProps={{ "aria-label": "Close" }}>
      <form
        noValidate
        onSubmit={form.handleSubmit((fields) =>
          update.mutate({
            ...{ id: member.id, name: orNull(fields.name), role: fields.role },
            ...(moved && fields.role !== "owner" ? { communities: limit } : {}),
          }),
        )}
      >
        <Stack gap="md">
          {problem && problem.errors.length === 0 && <ProblemNote problem={problem} />}
          <TextInput label="Name" data-autofocus error={errors.name?.message} {...form.register("name")} />
          <NativeSelect label="Role" data={roleChoices} error={errors.role?.message} {...form.register("role")} />
          <LimitField
            role={role}
            value={limit}
            onChange={setLimit}
            error={update.error?.errors.find(({ path }) => path === "communities")?.message}
          />
          {(role !== member.role || moved) && (
            <Text fz="sm" c="dimmed">
              With this change they are signed out everywhere, and sign in again.
            </Text>
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={update.isPending} disabled={lacksChoice(role, limit)}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
      <Proof write={update} />
    </Modal>
  );
};
