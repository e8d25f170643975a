// Suppressed addresses: nothing is sent to them, whoever asks. Added by bounces, complaints and people, or by hand here.

import { Button, Group, Modal, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { createContext, use, useEffect, useState } from "react";
import { useForm } from "react-hook-form";
import type { Channel } from "../../../shared/contracts/channel.ts";
import type { Row } from "../api.ts";
import { apiAddress } from "../api-address.ts";
import { showAtFields } from "../form.ts";
import { Confirm } from "../parts/confirm.tsx";
import { type Columns, columnsOf, DataTable } from "../parts/data-table.tsx";
import { Icon } from "../parts/icon.tsx";
import { TextLink } from "../parts/link.tsx";
import { useMay } from "../parts/may.tsx";
import { Empty, ProblemNote } from "../parts/note.tsx";
import { PageHead, Section } from "../parts/page.tsx";
import { SearchBox } from "../parts/search-box.tsx";
import { useRows, useWrite } from "../query.ts";
import { channelWords, counted, reasonWords, shortMoment } from "../words.ts";
import { MessageDrawer } from "./messages/message-drawer.tsx";

type Suppression = Row<"consent.listSuppressions">;
const route = getRouteApi("/app/suppressions");
const Lift = createContext<(suppression: Suppression) => void>(() => undefined);

/** The address; of an erased person only a fingerprint is kept. */
const addressWords = (suppression: Suppression): string => suppression.address ?? "An erased person";

const LiftButton = ({ suppression }: { readonly suppression: Suppression }) => {
  const lift = use(Lift);
  const may = useMay();
  if (!may("consent.unsuppress")) return null;
  return (
    <Button
      variant="subtle"
      size="compact-sm"
      onClick={() => lift(suppression)}
      aria-label={`Lift the suppression of ${addressWords(suppression)}`}
    >
      Lift
    </Button>
  );
};

const column = columnsOf<Suppression>();
const columns = column.columns([
  column.accessor("address", {
    header: "Address",
    cell: ({ row }) => <span className="lc-break">{addressWords(row.original)}</span>,
    meta: { width: "minmax(0, 2fr)", narrow: "title" },
  }),
  column.accessor("channel", {
    header: "Channel",
    cell: ({ row }) => channelWords(row.original.channel),
    meta: { width: "110px", narrow: "line" },
  }),
  column.accessor("reason", {
    header: "Why",
    cell: ({ row: { original } }) =>
      original.messageId ? (
        <TextLink
          to="/suppressions"
          search={(search: object) => ({ ...search, message: original.messageId ?? "" })}
          fz="sm"
        >
          {reasonWords(original.reason)}
        </TextLink>
      ) : (
        reasonWords(original.reason)
      ),
    meta: { width: "minmax(0, 1.4fr)", narrow: "line" },
  }),
  column.accessor("createdAt", {
    header: "Since",
    cell: ({ row }) => shortMoment(row.original.createdAt),
    meta: { width: "120px", align: "end", narrow: "line" },
  }),
  column.display({
    id: "act",
    header: () => null,
    cell: ({ row }) => <LiftButton suppression={row.original} />,
    meta: { width: "64px", align: "end", narrow: "beside" },
  }),
]) as Columns<Suppression>;

const reasonsOffered = [
  "manual",
  "unsubscribed",
  "hard_bounce",
  "soft_bounces",
  "complaint",
  "stop",
  "erased",
] as const;

interface Fields {
  channel: Channel;
  address: string;
}

const Add = ({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) => {
  const form = useForm<Fields>({ defaultValues: { channel: "email", address: "" } });
  const suppress = useWrite("consent.suppress", {
    touches: ["consent"],
    done: (result) => {
      notifications.show({ message: `${addressWords(result)} is suppressed.` });
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
            placeholder={form.watch("channel") === "email" ? "name@example.org" : "+1 202 555 0187"}
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
  const { message, ...filters } = route.useSearch();
  const navigate = useNavigate({ from: "/suppressions" });
  const list = useRows("consent.listSuppressions", { ...filters, limit: 100 });
  const filtered = Object.keys(filters).length > 0;
  const set = (changed: Partial<typeof filters>) =>
    void navigate({ search: (search) => ({ ...search, ...changed }), replace: true, resetScroll: false });
  const [adding, setAdding] = useState(false);
  const [lifting, setLifting] = useState<Suppression | null>(null);
  const lift = useWrite("consent.unsuppress", { touches: ["consent"], done: () => setLifting(null) });
  const may = useMay();
  const add = may("consent.suppress") && (
    <Button onClick={() => setAdding(true)} leftSection={<Icon name="plus" size={16} />}>
      Suppress an address
    </Button>
  );
  return (
    <>
      <PageHead
        title="Suppressions"
        lead={`${list.total === undefined ? "" : `${counted(list.total, "address", "addresses")}${filtered ? (list.total === 1 ? " matches" : " match") : ""}. `}Nothing is sent to them, except single messages after an unsubscribe.`}
        actions={
          <>
            {list.total !== undefined && list.total > 0 && may("consent.suppressionsCsv") && (
              <Button
                component="a"
                href={apiAddress(`/api/v1/suppressions.csv?${new URLSearchParams(filters as Record<string, string>)}`)}
                download
                variant="default"
                leftSection={<Icon name="download" size={16} />}
              >
                Download as CSV, {counted(list.total, "row")}
              </Button>
            )}
            {add}
          </>
        }
      />
      <Group gap="xs" mb="md">
        <SearchBox
          label="Search addresses"
          placeholder="Email or number, also a part of it"
          value={filters.q}
          onChange={(q) => set({ q })}
        />
        <NativeSelect
          aria-label="Channel"
          value={filters.channel ?? ""}
          onChange={(event) => set({ channel: (event.currentTarget.value || undefined) as Channel | undefined })}
        >
          <option value="">Any channel</option>
          <option value="email">Email</option>
          <option value="sms">SMS</option>
          <option value="call">Phone calls</option>
        </NativeSelect>
        <NativeSelect
          aria-label="Why"
          value={filters.reason ?? ""}
          onChange={(event) => set({ reason: event.currentTarget.value || undefined })}
        >
          <option value="">For any reason</option>
          {reasonsOffered.map((reason) => (
            <option key={reason} value={reason}>
              {reasonWords(reason)}
            </option>
          ))}
        </NativeSelect>
      </Group>
      <Section flush>
        <Lift value={setLifting}>
          <DataTable
            label="Suppressions"
            columns={columns}
            list={list}
            rowKey={(row) => row.id}
            empty={
              <Empty
                icon="suppressions"
                title={filtered ? "No address matches" : "Nobody is suppressed"}
                actions={!filtered && add}
              >
                {filtered
                  ? "Try a shorter part of it. An erased person is found by the whole address only."
                  : "Unsubscribes, hard bounces and complaints land here by themselves."}
              </Empty>
            }
          />
        </Lift>
      </Section>
      <MessageDrawer
        id={message}
        onClose={() => void navigate({ search: ({ message: _, ...rest }) => rest, resetScroll: false })}
      />
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
          {lifting && addressWords(lifting)}
        </Text>{" "}
        was suppressed: {lifting && reasonWords(lifting.reason)}. Lift it only when the person asked for it.
      </Confirm>
    </>
  );
};
