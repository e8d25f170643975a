// The audit log: who did what, when and from where, with filters that live in the URL, and as a file.

import { Button, NativeSelect, Text } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { Row } from "../../api.ts";
import { apiAddress } from "../../api-address.ts";
import { apiRoutes } from "../../api-routes.ts";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { DayField } from "../../parts/day-field.tsx";
import { Icon } from "../../parts/icon.tsx";
import { TextLink } from "../../parts/link.tsx";
import { Empty } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { useRows } from "../../query.ts";
import { moment } from "../../words.ts";
import { auditKinds, auditWords } from "./audit-words.ts";
import css from "./settings.module.css";
import { SettingsPage } from "./settings-tabs.tsx";

type Line = Row<"audit.list">;
const route = getRouteApi("/app/settings/audit");

const whoOf = ({ user }: Line): string =>
  user === null ? "Nobody known" : (user.name ?? user.email ?? "A deleted account");

/** The one fact of a line's detail that says more than its words. */
const detailOf = ({ action, detail }: Line): string => {
  if (action === "user.role-changed") return `from ${String(detail["from"])} to ${String(detail["to"])}`;
  if (action.startsWith("jobs.") && typeof detail["name"] === "string") return detail["name"];
  if (typeof detail["role"] === "string") return `as ${detail["role"]}`;
  if (Array.isArray(detail["abilities"])) return `that may ${detail["abilities"].join(", ")}`;
  if (/^(?:jobs|schedules)\./.test(action) && typeof detail["name"] === "string") return detail["name"];
  if (detail["by"] === "link") return "with the link of the terminal";
  if (detail["by"] === "invite") return "by an invite";
  if (detail["by"] === "command") return "from the command line";
  return "";
};

const column = columnsOf<Line>();
const columns = column.columns([
  column.accessor("user", {
    header: "Who",
    cell: ({ row: { original } }) => (
      <span className={css["who"]}>
        <span className="lc-break">{whoOf(original)}</span>
        {original.tokenId && <small>with an access token</small>}
      </span>
    ),
    meta: { width: "minmax(0, 1.3fr)", narrow: "title" },
  }),
  column.accessor("action", {
    header: "Did what",
    cell: ({ row: { original } }) => (
      <span className={css["who"]}>
        <span>
          {auditWords(original.action)} {detailOf(original)}
        </span>
        {original.objectId &&
          (original.action.startsWith("jobs.") ? (
            <TextLink to="/operations/jobs/$id" params={{ id: original.objectId }} fz="xs" className="lc-mono">
              {original.objectId}
            </TextLink>
          ) : (
            <small className="lc-mono">{original.objectId}</small>
          ))}
      </span>
    ),
    meta: { width: "minmax(0, 2fr)", narrow: "line" },
  }),
  column.accessor("address", {
    header: "From",
    cell: ({ row: { original } }) => original.address ?? "",
    meta: { width: "130px", narrow: "hidden" },
  }),
  column.accessor("at", {
    header: "When",
    cell: ({ row: { original } }) => (
      <Text span fz="sm" c="dimmed">
        {moment(original.at)}
      </Text>
    ),
    meta: { width: "170px", align: "end", narrow: "line" },
  }),
]) as Columns<Line>;

/** The beginning of a day in the reader's time zone, so many days later; undefined for what is no date. */
const startOf = (day: string | undefined, later = 0): string | undefined => {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day ?? "") ?? [];
  if (!year) return undefined;
  const start = new Date(Number(year), Number(month) - 1, Number(date) + later);
  return start.getFullYear() >= 1900 && start.getFullYear() < 9999 ? start.toISOString() : undefined;
};

/** The screen. */
export const Audit = () => {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/settings/audit" });
  const people = useRows("users.list", { limit: 1000 });
  const from = startOf(search.from);
  const until = startOf(search.until, 1);
  const filter = {
    ...(search.user === undefined ? {} : { user: search.user }),
    ...(search.action === undefined ? {} : { action: search.action }),
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
  };
  const list = useRows("audit.list", { ...filter, limit: 100 }, { every: 15_000 });
  const filtered = Object.keys(filter).length > 0;
  const change = (field: keyof typeof search, value: string) =>
    void navigate({ search: (old) => ({ ...old, [field]: value === "" ? undefined : value }), replace: true });
  const file = apiAddress(`${apiRoutes["audit.csv"].path}?${new URLSearchParams(filter)}`);
  return (
    <SettingsPage
      title="Audit log"
      lead="Every change and every sign-in, kept for 400 days."
      actions={
        <Button component="a" href={file} download variant="default" leftSection={<Icon name="download" size={16} />}>
          Download as CSV
        </Button>
      }
    >
      <div className={css["filters"]}>
        <NativeSelect
          aria-label="Who"
          value={search.user ?? ""}
          onChange={(event) => change("user", event.currentTarget.value)}
          data={[
            { value: "", label: "Everybody" },
            ...people.rows.map(({ id, name, email }) => ({ value: id, label: name ? `${name} (${email})` : email })),
          ]}
        />
        <NativeSelect
          aria-label="What"
          value={search.action ?? ""}
          onChange={(event) => change("action", event.currentTarget.value)}
          data={auditKinds.map((kind) => ({ ...kind }))}
        />
        <DayField label="From" value={search.from} max={search.until} onChange={(day) => change("from", day ?? "")} />
        <DayField label="Until" value={search.until} min={search.from} onChange={(day) => change("until", day ?? "")} />
      </div>
      <Section flush>
        <DataTable
          label="Audit log"
          columns={columns}
          list={list}
          rowKey={(row) => row.id}
          rowHeight={62}
          empty={
            <Empty icon="clock" title={filtered ? "Nothing fits" : "Nothing was done yet"}>
              {filtered && "Choose other people, actions or days."}
            </Empty>
          }
        />
      </Section>
    </SettingsPage>
  );
};
