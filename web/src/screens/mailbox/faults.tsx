// Faults the sandbox can play, to see how campaigns behave when a mail server does not: throttling, refusals, silence, delay.
import { Button, Drawer, Group, NativeSelect, NumberInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import type { FaultRule } from "../../../../shared/contracts/sandbox.ts";
import type { ApiParams } from "../../api.ts";
import { ProblemNote } from "../../parts/note.tsx";
import { useRead, useWrite } from "../../query.ts";
import { counted } from "../../words.ts";
import css from "./mailbox.module.css";

type Kind = ApiParams<"sandbox.setFaults">["kind"];
const kinds: readonly { value: Exclude<Kind, "none">; label: string; about: string }[] = [
  {
    value: "throttle",
    label: "Too busy",
    about: "The server says “later” (454). The sender slows down and tries again.",
  },
  {
    value: "reject",
    label: "Refused for good",
    about: "The server says “no such mailbox” (550). The message bounces.",
  },
  {
    value: "timeout_after_accept",
    label: "Taken, then silent",
    about: "The mail is taken, the answer never comes. Nobody can know: the message “may have been sent”.",
  },
  { value: "slow", label: "Slow", about: "The answer comes late." },
];
const nameOf = (rule: FaultRule): string =>
  [
    kinds.find((kind) => kind.value === rule.kind)?.label ?? rule.kind,
    rule.to && `for ${rule.to}`,
    rule.probability < 1 && `${Math.round(rule.probability * 100)}% of mails`,
    rule.remaining !== null && `${counted(rule.remaining, "time")} left`,
  ]
    .filter(Boolean)
    .join(", ");

/** Panel of the sandbox's faults. */
export const Faults = ({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) => {
  const current = useRead("sandbox.listFaults", {}, { enabled: opened, every: opened ? 2000 : false });
  const [kind, setKind] = useState<Exclude<Kind, "none">>("throttle");
  const [to, setTo] = useState("");
  const [share, setShare] = useState<number | string>(100);
  const [times, setTimes] = useState<number | string>("");
  const set = useWrite("sandbox.setFaults", { touches: ["sandbox.listFaults"] });
  const at = (path: string) => set.error?.errors.find((error) => error.path === path)?.message;
  const rules = current.data?.rules ?? [];
  const add = () =>
    set.mutate({
      kind,
      ...(to.trim() === "" ? {} : { to: to.trim() }),
      ...(Number(share) < 100 ? { probability: Number(share) / 100 } : {}),
      ...(times === "" ? {} : { count: Number(times) }),
    });
  return (
    <Drawer opened={opened} onClose={onClose} title="Faults" closeButtonProps={{ "aria-label": "Close" }}>
      <Stack gap="xl">
        <Stack gap="xs">
          <Group justify="space-between">
            <Title order={3}>Playing now</Title>
            {rules.length > 0 && (
              <Button variant="default" size="compact-sm" onClick={() => set.mutate({ kind: "none" })}>
                End all
              </Button>
            )}
          </Group>
          {current.isError && <ProblemNote problem={current.error} retry={() => void current.refetch()} />}
          {rules.length === 0 ? (
            <Text fz="sm" c="dimmed">
              None: every mail is taken at once.
            </Text>
          ) : (
            <ul className={`lc-plain-list ${css["rules"]}`}>
              {rules.map((rule, index) => (
                // Rules have no identity but their place.
                <li key={index}>
                  <span>{nameOf(rule)}</span>
                  <Text span fz="sm" c="dimmed">
                    struck {counted(rule.struck, "time")}
                  </Text>
                </li>
              ))}
            </ul>
          )}
        </Stack>
        <Stack gap="md">
          <Title order={3}>Add one</Title>
          {set.error && set.error.errors.length === 0 && <ProblemNote problem={set.error} />}
          <NativeSelect
            label="What the server does"
            description={kinds.find((one) => one.value === kind)?.about}
            value={kind}
            onChange={(event) => setKind(event.currentTarget.value as Exclude<Kind, "none">)}
          >
            {kinds.map((one) => (
              <option key={one.value} value={one.value}>
                {one.label}
              </option>
            ))}
          </NativeSelect>
          <TextInput
            label="Only for"
            description="An address or a domain; everyone when empty"
            placeholder="example.org"
            value={to}
            error={at("to")}
            onChange={(event) => setTo(event.currentTarget.value)}
          />
          <Group grow align="flex-start">
            <NumberInput
              label="Share of mails"
              suffix=" %"
              min={1}
              max={100}
              value={share}
              error={at("probability")}
              onChange={setShare}
            />
            <NumberInput
              label="How often"
              placeholder="without end"
              min={1}
              value={times}
              error={at("count")}
              onChange={setTimes}
            />
          </Group>
          <Button onClick={add} loading={set.isPending} style={{ alignSelf: "flex-start" }}>
            Add the fault
          </Button>
        </Stack>
      </Stack>
    </Drawer>
  );
};
