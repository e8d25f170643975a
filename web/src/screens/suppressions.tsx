// Suppressed addresses: nothing is sent to them, whoever asks. Added by bounces, complaints and people, or by hand here.
import { Button, Group, Modal, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { createContext, use, useEffect, useState } from "react";
import { useForm } from "react-hook-form";
import type { Channel } from "../../../shared/contracts/channel.ts";
import type { Row } from "../api.ts";
import { showAtFields } from "../form.ts";
import { Confirm } from "../parts/confirm.tsx";
import { type Columns, columnsOf, DataTable } from "../parts/data-table.tsx";
import { Icon } from "../parts/icon.tsx";
import { Empty, ProblemNote } from "../parts/note.tsx";
import { PageHead, Section } from "../parts/page.tsx";
import { SearchBox } from "../parts/search-box.tsx";
import { useRows, useWrite } from "../query.ts";
import { reasonWords, shortMoment } from "../words.ts";

type Suppression = Row<"consent.listSuppressions">;
const route = getRouteApi("/app/suppressions");
const Lift = createContext<(suppression: Suppression) => void>(() => undefined);

const LiftButton = ({ suppression }: { readonly suppression: Suppression }) => {
  const lift = use(Lift);
  return (
    <Button
      variant="subtle"
      size="compact-sm"
      onClick={() => lift(suppression)}
      aria-label={`Lift the suppression of ${suppression.address}`}
    >
      Lift
    </Button>
  );
};

const column = columnsOf<Suppression>();
const columns = column.columns([
  column.accessor("address", { header: "Address", meta: { width: "minmax(0, 2fr)", narrow: "title" } }),
  column.accessor("channel", { header: "Channel", meta: { width: "90px", narrow: "hidden" } }),
  column.accessor("reason", {
    header: "Why",
    cell: ({ row }) => reasonWords(row.original.reason),
    meta: { width: "minmax(0, 1.4fr)", narrow: "line" },
  }),
  column.accessor("createdAt", {
    header: "Since",
    cell: ({ row }) => shortMoment(row.original.createdAt),
    meta: { width: "120px", align: "end", narrow: "hidden" },
  }),
  column.display({
    id: "act",
    header: () => null,
    cell: ({ row }) => <LiftButton suppression={row.original} />,
    meta: { width: "64px", align: "end", narrow: "beside" },
  }),
]) as Columns<Suppression>;

interface Fields {
  channel: Channel;
  address: string;
}

const Add = ({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) => {
  const form = useForm<Fields>({ defaultValues: { channel: "email", address: "" } });
  const suppress = useWrite("consent.suppress", {
    touches: ["consent"],
    done: (result) => {
      notifications.show({ message: `${result.address} is suppressed.` });
      form.reset();
      onClose();
    },
  });
  useEffect(() => {
    showAtFields(form, suppress.error, { address: "address", channel: "channel" });
  }, [form, suppress.error]);
  return (
    <Modal opened={opened} onClose={onClose} title="Suppress an address" closeButtonProps={{ "aria-label": "Close" }}>
      <form noValidate onSubmit={form.handleSubmit((fields) => suppress.mutate({ ...fields, reason: "manual" }))}>
        <Stack gap="md">
          {suppress.error && suppress.error.errors.length === 0 && <ProblemNote problem={suppress.error} />}
          <NativeSelect label="Channel" {...form.register("channel")}>
            <option value="email">Email</option>
            <option value="sms">SMS</option>
            <option value="call">Phone calls</option>
          </NativeSelect>
          <TextInput
            label="Address"
            data-autofocus
            error={form.formState.errors.address?.message}
            {...form.register("address", { required: "Give an email address or a number" })}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={suppress.isPending}>
              Suppress
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
};

/** The list of suppressions. */
export const Suppressions = () => {
  const { q } = route.useSearch();
  const navigate = useNavigate({ from: "/suppressions" });
  const list = useRows("consent.listSuppressions", { ...(q === undefined ? {} : { q }), limit: 100 });
  const [adding, setAdding] = useState(false);
  const [lifting, setLifting] = useState<Suppression | null>(null);
  const lift = useWrite("consent.unsuppress", { touches: ["consent"], done: () => setLifting(null) });
  const add = (
    <Button onClick={() => setAdding(true)} leftSection={<Icon name="plus" size={16} />}>
      Suppress an address
    </Button>
  );
  return (
    <>
      <PageHead
        title="Suppressions"
        lead="Nothing is sent to these addresses, from no campaign and no message."
        actions={add}
      />
      <Group gap="xs" mb="md">
        <SearchBox
          label="Search addresses"
          placeholder="Part of an address"
          value={q}
          onChange={(text) => void navigate({ search: text === undefined ? {} : { q: text }, replace: true })}
        />
      </Group>
      <Section flush>
        <Lift value={setLifting}>
          <DataTable
            label="Suppressions"
            columns={columns}
            list={list}
            rowKey={(row) => row.id}
            empty={
              <Empty icon="suppressions" title={q ? "No address matches" : "Nobody is suppressed"} actions={!q && add}>
                {q ? "Try a shorter part of it." : "Unsubscribes, hard bounces and complaints land here by themselves."}
              </Empty>
            }
          />
        </Lift>
      </Section>
      <Add opened={adding} onClose={() => setAdding(false)} />
      <Confirm
        opened={lifting !== null}
        title="Lift this suppression?"
        act="Lift"
        danger
        pending={lift.isPending}
        problem={lift.error}
        onConfirm={() => lifting && lift.mutate({ id: lifting.id })}
        onClose={() => setLifting(null)}
      >
        <Text span fw={500} className="lc-break">
          {lifting?.address}
        </Text>{" "}
        was suppressed: {lifting && reasonWords(lifting.reason)}. Lift it only when the person asked for it.
      </Confirm>
    </>
  );
};
