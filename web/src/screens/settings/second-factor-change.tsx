// Changing one's second factor: new recovery codes, or switching it off. Both take the password and a code.
import { Button, Group, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { ProblemNote } from "../../parts/note.tsx";
import type { Problem } from "../../problem.ts";
import { useWrite } from "../../query.ts";
import { forgetSession } from "../../session.ts";
import { CodeFields, noCode, proofOf } from "../second-factor/code-fields.tsx";
import { RecoveryCodes } from "../second-factor/recovery-codes.tsx";

type Given = { password: string } & ReturnType<typeof proofOf>;

interface BothFormProps {
  readonly act: string;
  readonly danger?: boolean;
  readonly pending: boolean;
  readonly problem: Problem | null;
  readonly onGiven: (given: Given) => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Password and code, with each refusal at its field. */
const BothForm = ({ act, danger = false, pending, problem, onGiven, onClose, children }: BothFormProps) => {
  const [password, setPassword] = useState("");
  const [typed, setTyped] = useState(noCode);
  const [tried, setTried] = useState(false);
  const at = (...paths: string[]) => problem?.errors.find(({ path }) => paths.includes(path))?.message;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (password !== "" && typed.text.trim() !== "") onGiven({ password, ...proofOf(typed) });
  };
  return (
    <form noValidate onSubmit={submit}>
      <Stack gap="md">
        <Text fz="sm">{children}</Text>
        {problem && problem.errors.length === 0 && <ProblemNote problem={problem} />}
        <PasswordInput
          label="Your password"
          autoComplete="current-password"
          data-autofocus
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={tried && password === "" ? "Give your password" : at("password")}
        />
        <CodeFields
          value={typed}
          onChange={setTyped}
          error={tried && typed.text.trim() === "" ? "Give the code" : at("code", "recoveryCode")}
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit" loading={pending} {...(danger ? { color: "red.8" } : {})}>
            {act}
          </Button>
        </Group>
      </Stack>
    </form>
  );
};

/** The dialog for ten new codes. */
export const NewCodes = ({ onClose }: { readonly onClose: () => void }) => {
  const renew = useWrite("secondFactor.renewCodes", { touches: ["secondFactor.show"] });
  const codes = renew.data?.recoveryCodes;
  return (
    <Modal
      opened
      onClose={onClose}
      title="New recovery codes"
      closeOnClickOutside={codes === undefined}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {codes ? (
        <RecoveryCodes title="The old codes no longer work" codes={codes} act="Done" onDone={onClose} />
      ) : (
        <BothForm
          act="Make new codes"
          pending={renew.isPending}
          problem={renew.error}
          onGiven={(given) => renew.mutate(given)}
          onClose={onClose}
        >
          The codes that you have now no longer work afterwards.
        </BothForm>
      )}
    </Modal>
  );
};

export interface SwitchOffProps {
  /** Everybody needs one: it is set up anew at the next sign-in. */
  readonly required: boolean;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** The dialog that switches it off. */
export const SwitchOff = ({ required, onClose, onDone }: SwitchOffProps) => {
  const off = useWrite("secondFactor.switchOff", {
    touches: required ? [] : ["secondFactor.show", "accounts.listSessions"],
    done: () => {
      if (!required) return onDone();
      forgetSession();
      window.location.assign("/sign-in");
    },
  });
  return (
    <Modal opened onClose={onClose} title="Switch your second factor off?" closeButtonProps={{ "aria-label": "Close" }}>
      <BothForm
        act="Switch it off"
        danger
        pending={off.isPending}
        problem={off.error}
        onGiven={(given) => off.mutate(given)}
        onClose={onClose}
      >
        {required
          ? "Everybody here needs a second factor: you are signed out, and set it up anew when you sign in, for instance on another phone."
          : "Your password alone lets somebody in then. You are signed out everywhere else."}
      </BothForm>
    </Modal>
  );
};
