// Setting up an app: the secret to scan or to type, and the first code that proves it arrived.
import { Button, Group, Stack, Text } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { ProblemNote } from "../../parts/note.tsx";
import type { Problem } from "../../problem.ts";
import { CodeFields, noCode } from "./code-fields.tsx";
import { CopyButton } from "./copy-button.tsx";
import { QrCode } from "./qr-code.tsx";
import css from "./second-factor.module.css";

export interface ScanSecretProps {
  readonly secret: string;
  readonly uri: string;
  readonly pending: boolean;
  readonly problem: Problem | null;
  readonly onCode: (code: string) => void;
}

/** The two steps on one surface. */
export const ScanSecret = ({ secret, uri, pending, problem, onCode }: ScanSecretProps) => {
  const [typed, setTyped] = useState(noCode);
  const [tried, setTried] = useState(false);
  const atField = problem?.errors.find(({ path }) => path === "code")?.message;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // The dialog may stand inside another form.
    event.stopPropagation();
    setTried(true);
    if (typed.text.trim() !== "") onCode(typed.text);
  };
  return (
    <form noValidate onSubmit={submit}>
      <Stack gap="md">
        <Text fz="sm">
          Open an authenticator app on your phone (Google Authenticator, Microsoft Authenticator, 1Password, Aegis …)
          and scan this:
        </Text>
        <QrCode text={uri} label="QR code for your authenticator app; the same as the key below" />
        <Stack gap={4}>
          <Text fz="sm" c="dimmed">
            Or type this key into the app:
          </Text>
          <Group gap="xs" justify="space-between">
            <span className={css["secret"]} data-testid="secret">
              {secret.replace(/.{4}(?=.)/g, "$& ")}
            </span>
            <CopyButton text={secret} name="Copy" />
          </Group>
        </Stack>
        {problem && atField === undefined && <ProblemNote problem={problem} />}
        <CodeFields
          value={typed}
          onChange={setTyped}
          recovery={false}
          error={tried && typed.text.trim() === "" ? "Give the code that the app shows" : atField}
        />
        <Button type="submit" loading={pending} fullWidth>
          Switch it on
        </Button>
      </Stack>
    </form>
  );
};
