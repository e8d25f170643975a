// Contacts: found by text, tag, community and segment; each opened, added and changed beside the list.
import { Group, NativeSelect, Text } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { Contact } from "../../../../shared/contracts/contacts.ts";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ButtonLink } from "../../parts/link.tsx";
import { Empty } from "../../parts/note.tsx";
import { PageHead, Section } from "../../parts/page.tsx";
import { RowLink } from "../../parts/row-link.tsx";
import { SearchBox } from "../../parts/search-box.tsx";
import { Tags } from "../../parts/tags.tsx";
import { useRead, useRows } from "../../query.ts";
import { contactName, counted, shortMoment } from "../../words.ts";
import css from "./contacts.module.css";
import { NewContact } from "./new-contact.tsx";

const route = getRouteApi("/app/contacts");
const column = columnsOf<Contact>();
const columns: Columns<Contact> = column.columns([
  column.accessor((contact) => contactName(contact), {
    id: "name",
    header: "Name",
    cell: ({ row }) => (
      <RowLink to="/contacts/$id" params={{ id: row.original.id }}>
        {contactName(row.original)}
      </RowLink>
    ),
    meta: { width: "minmax(0, 1.1fr)", narrow: "title" },
  }),
  column.accessor((contact) => contact.email ?? contact.phone, {
    id: "address",
    header: "Email or phone",
    cell: ({ row: { original } }) => (
      <span className={css["address"]} title={original.email ?? original.phone ?? ""}>
        {original.email ?? original.phone ?? "no address"}
      </span>
    ),
    meta: { width: "minmax(0, 1.7fr)", narrow: "line" },
  }),
  column.accessor("tags", {
    header: "Tags",
    cell: ({ row }) => <Tags tags={row.original.tags} most={3} />,
    meta: { width: "minmax(0, 1.2fr)", narrow: "line" },
  }),
  column.accessor("stage", { header: "Stage", meta: { width: "110px", narrow: "hidden" } }),
  column.accessor("createdAt", {
    header: "Added",
    cell: ({ row }) => (
      <Text span c="dimmed" fz="sm">
        {shortMoment(row.original.createdAt)}
      </Text>
    ),
    meta: { width: "110px", align: "end", narrow: "beside" },
  }),
]) as Columns<Contact>;

/** The list of contacts. */
export const Contacts = () => {
  const { new: adding, ...filters } = route.useSearch();
  const navigate = useNavigate({ from: "/contacts" });
  const tags = useRead("tags.list", { limit: 1000 });
  const communities = useRead("communities.list", { limit: 1000 });
  const segments = useRead("segments.list", { limit: 1000 });
  const list = useRows("contacts.list", { ...filters, limit: 100 });
  const filter = (changed: Partial<typeof filters>) =>
    void navigate({ search: (search) => ({ ...search, ...changed }), replace: true, resetScroll: false });
  const close = () => void navigate({ search: ({ new: _, ...rest }) => rest, resetScroll: false });
  const filtered = Object.keys(filters).length > 0;

  return (
    <>
      <PageHead
        title="Contacts"
        lead={list.total === undefined ? undefined : `${counted(list.total, "contact")}${filtered ? " match" : ""}`}
        actions={
          <>
            <ButtonLink to="/imports/new" variant="default" leftSection={<Icon name="imports" size={16} />}>
              Import
            </ButtonLink>
            <ButtonLink
              to="/contacts"
              search={(search: object) => ({ ...search, new: true })}
              leftSection={<Icon name="plus" size={16} />}
            >
              Add a contact
            </ButtonLink>
          </>
        }
      />
      <Group gap="xs" mb="md">
        <SearchBox
          label="Search contacts"
          placeholder="Name, email or phone"
          value={filters.q}
          onChange={(q) => filter({ q })}
        />
        <NativeSelect
          aria-label="Tag"
          value={filters.tag ?? ""}
          onChange={(event) => filter({ tag: event.currentTarget.value || undefined })}
        >
          <option value="">Any tag</option>
          {tags.data?.data.map((tag) => (
            <option key={tag.id}>{tag.name}</option>
          ))}
        </NativeSelect>
        <NativeSelect
          aria-label="Segment"
          value={filters.segmentId ?? ""}
          onChange={(event) => filter({ segmentId: event.currentTarget.value || undefined })}
        >
          <option value="">Any segment</option>
          {segments.data?.data.map((segment) => (
            <option key={segment.id} value={segment.id}>
              {segment.name}
            </option>
          ))}
        </NativeSelect>
        {(communities.data?.data.length ?? 0) > 1 && (
          <NativeSelect
            aria-label="Community"
            value={filters.communityId ?? ""}
            onChange={(event) => filter({ communityId: event.currentTarget.value || undefined })}
          >
            <option value="">Any community</option>
            {communities.data?.data.map((community) => (
              <option key={community.id} value={community.id}>
                {community.name}
              </option>
            ))}
          </NativeSelect>
        )}
      </Group>
      <Section flush>
        <DataTable
          label="Contacts"
          columns={columns}
          list={list}
          rowKey={(row) => row.id}
          empty={
            filtered ? (
              <Empty
                icon="search"
                title="No contact matches"
                actions={
                  <ButtonLink to="/contacts" search={{}} variant="default">
                    Show all contacts
                  </ButtonLink>
                }
              >
                Try fewer words or another filter.
              </Empty>
            ) : (
              <Empty
                icon="contacts"
                title="No contacts yet"
                actions={<ButtonLink to="/imports/new">Import a file</ButtonLink>}
              >
                Bring them in from a CSV file, or add the first by hand.
              </Empty>
            )
          }
        />
      </Section>
      <NewContact opened={adding === true} onClose={close} />
    </>
  );
};
