// The filters over the list of jobs; everything they say stands in the address.
import { Button, NativeSelect } from "@mantine/core";
import { DayField } from "../../parts/day-field.tsx";
import { Icon } from "../../parts/icon.tsx";
import { SearchBox } from "../../parts/search-box.tsx";
import { useRead } from "../../query.ts";
import { contactName } from "../../words.ts";
import { entityWords } from "./entity-link.tsx";
import { type JobFilter, type JobState, jobStates } from "./job-words.ts";
import css from "./jobs.module.css";

export interface JobFiltersProps {
  /** As in the address: days instead of instants. */
  readonly filters: JobFilter;
  readonly onChange: (changed: Partial<JobFilter>) => void;
}

/** What was chosen elsewhere and has no field of its own, each to be taken away again. */
const Chips = ({ filters, onChange }: JobFiltersProps) => {
  const { contactId, fingerprint, entity } = filters;
  const contact = useRead("contacts.get", { id: contactId ?? "" }, { enabled: contactId !== undefined });
  const chips = [
    contactId && {
      key: "contactId" as const,
      label: `About ${contact.data ? contactName(contact.data) : "one contact"}`,
    },
    fingerprint && { key: "fingerprint" as const, label: `One kind of failure: ${fingerprint}` },
    entity && { key: "entity" as const, label: `About ${entityWords(entity)}` },
  ].filter((chip) => typeof chip === "object");
  if (chips.length === 0) return null;
  return (
    <div className={css["chips"]}>
      {chips.map(({ key, label }) => (
        <Button
          key={key}
          variant="light"
          size="compact-sm"
          className={css["chip"] ?? ""}
          rightSection={<Icon name="close" size={14} />}
          aria-label={`${label}: show others too`}
          onClick={() => onChange({ [key]: undefined })}
        >
          {label}
        </Button>
      ))}
    </div>
  );
};

/** The row of filters. */
export const JobFilters = ({ filters, onChange }: JobFiltersProps) => {
  const queues = useRead("jobs.queues", {});
  const all = queues.data?.data ?? [];
  const types = all
    .filter(({ name }) => filters.queue === undefined || name === filters.queue)
    .flatMap((queue) => queue.types.map(({ name }) => name))
    .sort();
  const withOwn = (names: readonly string[], own: string | undefined) =>
    own === undefined || names.includes(own) ? names : [...names, own];
  return (
    <>
      <div className={css["filters"]}>
        <SearchBox
          label="Person the job is about"
          placeholder="Person: email, phone, name"
          value={filters.person}
          onChange={(person) => onChange({ person })}
        />
        <NativeSelect
          aria-label="State"
          value={filters.state ?? ""}
          onChange={(event) => onChange({ state: (event.currentTarget.value || undefined) as JobState | undefined })}
        >
          <option value="">Any state</option>
          {Object.entries(jobStates).map(([state, { label }]) => (
            <option key={state} value={state}>
              {label}
            </option>
          ))}
        </NativeSelect>
        <NativeSelect
          aria-label="Queue"
          value={filters.queue ?? ""}
          onChange={(event) => onChange({ queue: event.currentTarget.value || undefined, type: undefined })}
        >
          <option value="">Any queue</option>
          {withOwn(
            all.map(({ name }) => name),
            filters.queue,
          ).map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </NativeSelect>
        <NativeSelect
          aria-label="Type"
          value={filters.type ?? ""}
          onChange={(event) => onChange({ type: event.currentTarget.value || undefined })}
        >
          <option value="">Any type</option>
          {withOwn(types, filters.type).map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </NativeSelect>
        <SearchBox label="Tag" placeholder="Tag" value={filters.tag} onChange={(tag) => onChange({ tag })} />
        <DayField label="From" value={filters.from} max={filters.until} onChange={(from) => onChange({ from })} />
        <DayField label="Until" value={filters.until} min={filters.from} onChange={(until) => onChange({ until })} />
      </div>
      <Chips filters={filters} onChange={onChange} />
    </>
  );
};
