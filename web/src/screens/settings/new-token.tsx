// Making an access token. Its text is shown this once.
import { Button, Checkbox, Group, Modal, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useRouteContext } from "@tanstack/react-router";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { Icon } from "../../parts/icon.tsx";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { besideProof, Proof } from "../../parts/proof.tsx";
import { useWrite } from "../../query.ts";
import { type Ability, abilityWords } from "./ability-words.ts";

interface Fields {
  name: string;
  abilities: string[];
  expiresInDays: string;
}

const lives = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "a year" },
  { value: "1095", label: "three years" },
];

/** The token's text with a button that copies it, and a word on what to do where the browser does not let us. */
const Shown = ({ token, onClose }: { readonly token: string; readonly onClose: () => void }) => {
  const [copied, setCopied] = useState<"yes" | "no" | null>(null);
  const copy = () =>
    navigator.clipboard.writeText(token).then(
      () => setCopied("yes"),
      () => setCopied("no"),
    );
  return (
    <Stack gap="md">
      <Note tone="good" title="The token is made">
        Copy it now: it is shown only this once.
      </Note>
      <TextInput
        label="Access token"
        value={token}
        readOnly
        data-autofocus
        onFocus={(event) => event.currentTarget.select()}
        styles={{ input: { fontFamily: "var(--lc-mono)", fontSize: "0.8125rem" } }}
      />
      <Group justify="space-between" gap="xs">
        <Text fz="sm" c="dimmed" role="status">
          {copied === "yes" ? "Copied." : copied === "no" ? "The browser did not copy it: mark it and copy it." : ""}
        </Text>
        <Group gap="xs">
          <Button variant="default" leftSection={<Icon name="copy" size={16} />} onClick={() => void copy()}>
            Copy
          </Button>
          <Button onClick={onClose}>Done</Button>
        </Group>
      </Group>
    </Stack>
  );
};

const Form = ({ onMade, onClose }: { readonly onMade: (token: string) => void; readonly onClose: () => void }) => {
  const { session } = useRouteContext({ from: "/app" });
  const form = useForm<Fields>({ defaultValues: { name: "", abilities: ["read"], expiresInDays: "365" } });
  const make = useWrite("accounts.createToken", {
    touches: ["accounts.listTokens"],
    done: (result) => onMade(result.token),
  });
  const { errors } = form.formState;
  const submit = form.handleSubmit(({ name, abilities, expiresInDays }) =>
    make.mutate({
      name: name.trim(),
      abilities: session.abilities.filter((ability) => abilities.includes(ability)),
      expiresInDays: Number(expiresInDays),
    }),
  );
  const problem = besideProof(make.error);
  return (
    <>
      <form noValidate onSubmit={submit}>
        <Stack gap="md">
          {problem && <ProblemNote problem={problem} />}
          <TextInput
            label="Name"
            description="What it is for, so that you know it again."
            data-autofocus
            error={errors.name?.message}
            {...form.register("name", { required: "Give it a name", maxLength: 100 })}
          />
          <Checkbox.Group
            label="It may"
            error={errors.abilities?.message}
            value={form.watch("abilities")}
            onChange={(value) => form.setValue("abilities", value)}
          >
            <Stack gap={8} mt={6}>
              {session.abilities.map((ability: Ability) => (
                <Checkbox key={ability} value={ability} label={abilityWords[ability]} />
              ))}
            </Stack>
          </Checkbox.Group>
          <NativeSelect label="It works for" data={lives} {...form.register("expiresInDays")} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={make.isPending} disabled={form.watch("abilities").length === 0}>
              Make the token
            </Button>
          </Group>
        </Stack>
      </form>
      <Proof write={make} />
    </>
  );
};

export interface NewTokenProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** The dialog: the form, then the token. Closing it forgets the token. */
export const NewToken = ({ opened, onClose }: NewTokenProps) => {
  const [token, setToken] = useState<string | null>(null);
  const close = () => {
    setToken(null);
    onClose();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      closeOnClickOutside={token === null}
      title="New access token"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {token === null ? <Form onMade={setToken} onClose={close} /> : <Shown token={token} onClose={close} />}
    </Modal>
  );
};
