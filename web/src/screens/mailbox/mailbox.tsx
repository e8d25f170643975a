// The sandbox's mailbox: every mail that was sent, as its recipient would see it. Newest first; a mail opens beside the list.
import { Button, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { SandboxMail } from "../../../../shared/contracts/sandbox.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ButtonLink } from "../../parts/link.tsx";
import { useMay } from "../../parts/may.tsx";
import { Empty } from "../../parts/note.tsx";
import { PageHead, Section } from "../../parts/page.tsx";
import { RowLink } from "../../parts/row-link.tsx";
import { SearchBox } from "../../parts/search-box.tsx";
import { useRows, useWrite } from "../../query.ts";
import { counted, shortMoment } from "../../words.ts";
import { Faults } from "./faults.tsx";
import { MailDrawer } from "./mail-drawer.tsx";

const route = getRouteApi("/app/mailbox");
const column = columnsOf<SandboxMail>();
const columns = column.columns([
  column.accessor((mail) => mail.subject, {
    id: "subject",
    header: "Subject",
    cell: ({ row: { original } }) => (
      <RowLink to="/mailbox" search={(search: object) => ({ ...search, mail: original.id })} resetScroll={false}>
        {original.subject || "(no subject)"}
      </RowLink>
    ),
    meta: { width: "minmax(0, 1.6fr)", narrow: "title" },
  }),
  column.display({
    id: "to",
    header: "To",
    cell: ({ row }) => [row.original.to].flat().join(", "),
    meta: { width: "minmax(0, 1.2fr)", narrow: "line" },
  }),
  column.accessor("receivedAt", {
    header: "Received",
    cell: ({ row }) => (
      <Text span fz="sm" c="dimmed">
        {shortMoment(row.original.receivedAt)}
      </Text>
    ),
    meta: { width: "110px", align: "end", narrow: "beside" },
  }),
]) as Columns<SandboxMail>;

/** The mailbox with the faults that the sandbox can play. */
export const Mailbox = () => {
  const { mail, ...filters } = route.useSearch();
  const navigate = useNavigate({ from: "/mailbox" });
  const list = useRows("sandbox.listMail", { ...filters, order: "desc", limit: 50 }, { every: 4000 });
  const [faults, setFaults] = useDisclosure(false);
  const [emptying, setEmptying] = useDisclosure(false);
  const may = useMay();
  const clear = useWrite("sandbox.clearMail", { touches: ["sandbox"], done: setEmptying.close });
  const filtered = Object.keys(filters).length > 0;
  return (
    <>
      <PageHead
        title="Mailbox"
        lead={
          list.total === undefined
            ? "Every mail the sandbox received."
            : `${counted(list.total, "mail")}${filtered ? (list.total === 1 ? " matches" : " match") : " received by the sandbox; nothing left this machine"}.`
        }
        actions={
          <>
            {list.rows.length > 0 && may("sandbox.clearMail") && (
              <Button variant="default" leftSection={<Icon name="trash" size={16} />} onClick={setEmptying.open}>
                Empty it
              </Button>
            )}
            {may("sandbox.setFaults") && (
              <Button variant="default" leftSection={<Icon name="bolt" size={16} />} onClick={setFaults.open}>
                Faults
              </Button>
            )}
          </>
        }
      />
      <Group gap="xs" mb="md">
        <SearchBox
          label="Search the mailbox"
          placeholder="Subject, sender or recipient"
          value={filters.q}
          onChange={(q) => void navigate({ search: (search) => ({ ...search, q }), replace: true, resetScroll: false })}
        />
        {filters.to && (
          <Button
            variant="default"
            rightSection={<Icon name="close" size={14} />}
            onClick={() => void navigate({ search: ({ to: _, ...rest }) => rest })}
          >
            to {filters.to}
          </Button>
        )}
      </Group>
      <Section flush>
        <DataTable
          label="Mails"
          columns={columns}
          list={list}
          rowKey={(row) => row.id}
          empty={
            filtered ? (
              <Empty
                icon="search"
                title="No mail matches"
                actions={
                  <ButtonLink to="/mailbox" search={{}} variant="default">
                    Show all mails
                  </ButtonLink>
                }
              />
            ) : (
              <Empty
                icon="mailbox"
                title="No mail yet"
                actions={may("campaigns.create") && <ButtonLink to="/campaigns/new">New campaign</ButtonLink>}
              >
                Launch a campaign or send a test mail, and it arrives here.
              </Empty>
            )
          }
        />
      </Section>
      <MailDrawer
        id={mail}
        onClose={() => void navigate({ search: ({ mail: _, ...rest }) => rest, resetScroll: false })}
      />
      <Faults opened={faults} onClose={setFaults.close} />
      <Confirm
        opened={emptying}
        title="Empty the mailbox?"
        act="Empty it"
        danger
        pending={clear.isPending}
        problem={clear.error}
        onConfirm={() => clear.mutate({})}
        onClose={setEmptying.close}
      >
        All mails of the sandbox are deleted. Campaigns and their ledgers stay.
      </Confirm>
    </>
  );
};
