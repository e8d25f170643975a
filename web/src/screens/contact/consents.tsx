// The consent ledger of one contact: append-only, newest first; a grant or a revocation is a new line.
import { Button, Checkbox, Group, Radio, Stack, Text, TextInput, Title } from "@mantine/core";
import { useEffect, useState } from "react";
import { Controller, useForm } from "react-hook-form";
import type { Channel } from "../../../../shared/contracts/channel.ts";
import type { Contact } from "../../../../shared/contracts/contacts.ts";
import { showAtFields } from "../../form.ts";
import { useMay } from "../../parts/may.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { Status } from "../../parts/status.tsx";
import { useRows, useWrite } from "../../query.ts";
import { moment } from "../../words.ts";
import css from "./contact.module.css";

interface Fields {
  state: "granted" | "revoked";
  channels: Channel[];
  basis: string;
  source: string;
}

const Record = ({ contact, onDone }: { readonly contact: Contact; readonly onDone: () => void }) => {
  const form = useForm<Fields>({ defaultValues: { state: "granted", channels: ["email"], basis: "", source: "" } });
  const record = useWrite("consent.record", { touches: ["consent", "contacts.activity"], done: onDone });
  useEffect(() => {
    showAtFields(form, record.error, { basis: "basis", source: "source", channels: "channels" });
  }, [form, record.error]);
  const { errors } = form.formState;
  return (
    <form noValidate onSubmit={form.handleSubmit((fields) => record.mutate({ id: contact.id, ...fields }))}>
      <Stack gap="sm" className={css["record"]}>
        {record.error && record.error.errors.length === 0 && <ProblemNote problem={record.error} />}
        <Radio.Group
          label="The contact"
          value={form.watch("state")}
          onChange={(value) => form.setValue("state", value === "revoked" ? "revoked" : "granted")}
        >
          <Group gap="md" mt={6}>
            <Radio value="granted" label="gave consent" />
            <Radio value="revoked" label="took it back" />
          </Group>
        </Radio.Group>
        <Controller
          control={form.control}
          name="channels"
          rules={{ validate: (chosen) => chosen.length > 0 || "Choose at least one" }}
          render={({ field: { value, onChange } }) => (
            <Checkbox.Group label="For" value={value} onChange={onChange} error={errors.channels?.message}>
              <Group gap="md" mt={6}>
                <Checkbox value="email" label="Email" />
                <Checkbox value="sms" label="SMS" />
                <Checkbox value="call" label="Phone calls" />
              </Group>
            </Checkbox.Group>
          )}
        />
        <TextInput
          label="On which ground"
          error={errors.basis?.message}
          {...form.register("basis", { required: "Say on which ground" })}
        />
        <TextInput
          label="Where that is written down"
          error={errors.source?.message}
          {...form.register("source", { required: "Say where the proof is" })}
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" size="compact-md" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" size="compact-md" loading={record.isPending}>
            Write it down
          </Button>
        </Group>
      </Stack>
    </form>
  );
};

/** The ledger with a way to add to it. */
export const Consents = ({ contact }: { readonly contact: Contact }) => {
  const may = useMay();
  const ledger = useRows("consent.ledger", { id: contact.id, limit: 50 });
  const [recording, setRecording] = useState(false);
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={2}>Consent</Title>
        {!recording && may("consent.record") && (
          <Button variant="subtle" size="compact-sm" onClick={() => setRecording(true)}>
            Add an entry
          </Button>
        )}
      </Group>
      {recording && <Record contact={contact} onDone={() => setRecording(false)} />}
      {ledger.problem && <ProblemNote problem={ledger.problem} retry={ledger.retry} />}
      {!ledger.loading && ledger.rows.length === 0 && !ledger.problem && (
        <Text fz="sm" c="dimmed">
          None given, none held: campaigns leave this contact out.
        </Text>
      )}
      <ul className={`lc-plain-list ${css["lines"]}`}>
        {ledger.rows.map((entry) => (
          <li key={entry.id}>
            <Group justify="space-between" gap="xs">
              <Status
                word={
                  entry.state === "granted"
                    ? { label: `${entry.channel}: given`, tone: "good" }
                    : { label: `${entry.channel}: taken back`, tone: "bad" }
                }
              />
              <Text fz="xs" c="dimmed">
                {moment(entry.at)}
              </Text>
            </Group>
            <Text fz="sm" c="dimmed" className="lc-break">
              {[entry.basis, entry.source, entry.wording].filter(Boolean).join(" · ")}
            </Text>
          </li>
        ))}
      </ul>
      {ledger.hasMore && (
        <Button variant="subtle" size="compact-sm" onClick={ledger.loadMore} loading={ledger.loadingMore}>
          Older entries
        </Button>
      )}
    </Stack>
  );
};
