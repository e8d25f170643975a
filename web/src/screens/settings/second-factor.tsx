// One's own second factor: on or off, its recovery codes, and setting it up.
import { Box, Button, Group, Modal, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { besideProof, Proof } from "../../parts/proof.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead, useWrite } from "../../query.ts";
import { moment } from "../../words.ts";
import { RecoveryCodes } from "../second-factor/recovery-codes.tsx";
import { ScanSecret } from "../second-factor/scan-secret.tsx";
import { NewCodes, SwitchOff } from "./second-factor-change.tsx";

const few = 3;

/** The dialog: scan, confirm, keep the recovery codes. */
const SetUp = ({ onClose }: { readonly onClose: () => void }) => {
  const begin = useWrite("secondFactor.begin", { touches: [] });
  const finish = useWrite("secondFactor.finish", { touches: ["secondFactor.show", "accounts.listSessions"] });
  const codes = finish.data?.recoveryCodes;
  const problem = besideProof(begin.error);
  return (
    <>
      <Modal
        opened
        onClose={onClose}
        closeOnClickOutside={false}
        withCloseButton={codes === undefined}
        closeOnEscape={codes === undefined}
        title="Second factor"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {codes ? (
          <RecoveryCodes title="Your second factor is on" codes={codes} act="Done" onDone={onClose} />
        ) : begin.data ? (
          <ScanSecret
            {...begin.data}
            pending={finish.isPending}
            problem={finish.error}
            onCode={(code) => finish.mutate({ code })}
          />
        ) : (
          <>
            {problem && <ProblemNote problem={problem} />}
            <Text fz="sm" mb="md">
              You need your phone with an authenticator app. Other browsers in which you are signed in are signed out.
            </Text>
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button data-autofocus loading={begin.isPending} onClick={() => begin.mutate({})}>
                Begin
              </Button>
            </Group>
          </>
        )}
      </Modal>
      <Proof write={begin} />
    </>
  );
};

/** The section on the account's page. */
export const SecondFactor = () => {
  const state = useRead("secondFactor.show", {});
  const [open, setOpen] = useState<"set-up" | "codes" | "off" | null>(null);
  const close = () => setOpen(null);
  const { data } = state;
  return (
    <Section
      title="Second factor"
      aside={data && <Status word={data.on ? { label: "on", tone: "good" } : { label: "off", tone: "neutral" }} />}
    >
      {state.error && <ProblemNote problem={state.error} />}
      {data && !data.on && (
        <>
          <Text fz="sm" maw="65ch" mb="md">
            With a second factor, signing in takes your password and a code from an app on your phone. Whoever learns
            your password alone stays out.
          </Text>
          <Button onClick={() => setOpen("set-up")}>Switch it on</Button>
        </>
      )}
      {data?.on && (
        <>
          <Text fz="sm" maw="65ch" mb="md">
            Signing in takes your password and a code from your app, since {moment(data.since ?? "")}.{" "}
            {data.recoveryCodesLeft === 1 ? "One recovery code is" : `${data.recoveryCodesLeft} recovery codes are`}{" "}
            left.
          </Text>
          {data.recoveryCodesLeft <= few && (
            <Box mb="md">
              <Note tone="warn" title="Few recovery codes are left">
                Take new ones before you need them.
              </Note>
            </Box>
          )}
          <Group gap="xs">
            <Button variant="default" onClick={() => setOpen("codes")}>
              New recovery codes
            </Button>
            <Button variant="default" onClick={() => setOpen("off")}>
              Switch it off
            </Button>
          </Group>
        </>
      )}
      {open === "set-up" && <SetUp onClose={close} />}
      {open === "codes" && <NewCodes onClose={close} />}
      {open === "off" && (
        <SwitchOff
          required={data?.required ?? false}
          onClose={close}
          onDone={() => {
            close();
            notifications.show({ message: "Your second factor is off. You are signed out everywhere else." });
          }}
        />
      )}
    </Section>
  );
};
