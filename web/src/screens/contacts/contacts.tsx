// Contacts: found by text and filters with counts, kept as views, acted on one by one or many at once.
import { Group, Text } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { ContactFilter } from "../../../../shared/contracts/contact-filter.ts";
import type { Contact } from "../../../../shared/contracts/contacts.ts";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ButtonLink } from "../../parts/link.tsx";
import { NotForYou, useMay } from "../../parts/may.tsx";
import { Empty } from "../../parts/note.tsx";
import { PageHead, Section } from "../../parts/page.tsx";
import { RowLink } from "../../parts/row-link.tsx";
import { SearchBox } from "../../parts/search-box.tsx";
import { SelectionProvider, SelectLoaded, SelectRow, useSelection } from "../../parts/selection.tsx";
import { Tags } from "../../parts/tags.tsx";
import { useRows } from "../../query.ts";
import { contactName, counted, shortMoment } from "../../words.ts";
import { BulkActs } from "./bulk-acts.tsx";
import { BulkBar } from "./bulk-bar.tsx";
import css from "./contacts.module.css";
import { Facets } from "./facets.tsx";
import { NewContact } from "./new-contact.tsx";
import { Views } from "./views.tsx";

const route = getRouteApi("/app/contacts");
const column = columnsOf<Contact>();
const columns: Columns<Contact> = column.columns([
  column.display({
    id: "select",
    header: () => <SelectLoaded />,
    cell: ({ row }) => <SelectRow id={row.original.id} name={contactName(row.original)} />,
    meta: { width: "20px", narrow: "lead" },
  }),
  column.accessor((contact) => contactName(contact), {
    id: "name",
    header: "Name",
    cell: ({ row }) => (
      <RowLink to="/contacts/$id" params={{ id: row.original.id }}>
        {contactName(row.original)}
      </RowLink>
    ),
    meta: { width: "minmax(0, 1fr)", narrow: "title" },
  }),
  column.accessor((contact) => contact.email ?? contact.phone, {
    id: "address",
    header: "Email or phone",
    cell: ({ row: { original } }) => (
      <span className={css["address"]} title={original.email ?? original.phone ?? ""}>
        {original.email ?? original.phone ?? "no address"}
      </span>
    ),
    meta: { width: "minmax(0, 1.75fr)", narrow: "line" },
  }),
  column.accessor("tags", {
    header: "Tags",
    cell: ({ row }) => <Tags tags={row.original.tags} most={2} />,
    meta: { width: "minmax(0, 1.4fr)", narrow: "line" },
  }),
  column.accessor("createdAt", {
    header: "Added",
    cell: ({ row }) => (
      <Text span c="dimmed" fz="sm">
        {shortMoment(row.original.createdAt)}
      </Text>
    ),
    meta: { width: "100px", align: "end", narrow: "beside" },
  }),
]) as Columns<Contact>;
/** For whom choosing many leads nowhere. */
const withoutBoxes: Columns<Contact> = columns.filter(({ id }) => id !== "select");

/** The list of contacts. */
export const Contacts = () => {
  const { new: adding, acts, ...given } = route.useSearch();
  const filters = given as ContactFilter;
  const navigate = useNavigate({ from: "/contacts" });
  const may = useMay();
  const list = useRows("contacts.list", { ...filters, limit: 100 });
  const selection = useSelection(JSON.stringify(filters));
  const filter = (changed: Partial<ContactFilter>) =>
    void navigate({ search: (search) => ({ ...search, ...changed }), replace: true, resetScroll: false });
  const close = () => void navigate({ search: ({ new: _, acts: __, ...rest }) => rest, resetScroll: false });
  const filtered = Object.keys(filters).length > 0;
  if (adding && !may("contacts.create")) return <NotForYou needs="contacts.create" back="/contacts" />;
  const total = list.total ?? (list.hasMore ? undefined : list.rows.length);

  return (
    <>
      <PageHead
        title="Contacts"
        lead={
          list.total === undefined
            ? undefined
            : `${counted(list.total, "contact")}${filtered ? (list.total === 1 ? " matches" : " match") : ""}`
        }
        actions={
          <>
            {may("bulk.start") && (
              <ButtonLink
                to="/contacts"
                search={(search: object) => ({ ...search, acts: true })}
                variant="default"
                leftSection={<Icon name="clock" size={16} />}
              >
                Bulk actions
              </ButtonLink>
            )}
            {may("imports.submit") && (
              <ButtonLink to="/imports/new" variant="default" leftSection={<Icon name="imports" size={16} />}>
                Import
              </ButtonLink>
            )}
            {may("contacts.create") && (
              <ButtonLink
                to="/contacts"
                search={(search: object) => ({ ...search, new: true })}
                leftSection={<Icon name="plus" size={16} />}
              >
                Add a contact
              </ButtonLink>
            )}
          </>
        }
      />
      <Views filters={filters} onShow={(view) => void navigate({ search: view, resetScroll: false })} />
      <div className={css["layout"]}>
        <Facets filters={filters} onChange={filter} />
        <div className={css["main"]}>
          <Group gap="xs" mb="md">
            <SearchBox
              label="Search contacts"
              placeholder="Name, email or phone"
              value={filters.q}
              onChange={(q) => filter({ q })}
            />
          </Group>
          <Section flush>
            <SelectionProvider value={{ ...selection, rows: list.rows }}>
              <DataTable
                label="Contacts"
                columns={may("bulk.start") ? columns : withoutBoxes}
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
                      actions={may("imports.submit") && <ButtonLink to="/imports/new">Import a file</ButtonLink>}
                    >
                      {may("imports.submit") && "Bring them in from a CSV file, or add the first by hand."}
                    </Empty>
                  )
                }
              />
            </SelectionProvider>
          </Section>
          <BulkBar selection={selection} filters={filters} total={total} more={list.hasMore} />
        </div>
      </div>
      <BulkActs opened={acts === true} onClose={close} />
      <NewContact opened={adding === true} onClose={close} />
    </>
  );
};
