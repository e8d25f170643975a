// Filters beside the list, each with how many there are; on narrow screens they open under a button.
import { Button, Skeleton, Text } from "@mantine/core";
import { useState } from "react";
import type { ContactFilter } from "../../../../shared/contracts/contact-filter.ts";
import type { ApiResult } from "../../api.ts";
import { Icon } from "../../parts/icon.tsx";
import { useRead } from "../../query.ts";
import { count, kindWords, reachWords, stageWords } from "../../words.ts";
import css from "./contacts.module.css";

interface Choice {
  readonly value: string;
  readonly label: string;
  readonly count: number | undefined;
}
interface FacetProps {
  readonly name: string;
  readonly choices: readonly Choice[];
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}
const few = 6;

const Facet = ({ name, choices, value, onChange }: FacetProps) => {
  const [more, setMore] = useState(false);
  if (choices.length === 0) return null;
  const shown = more ? choices : choices.filter((choice, index) => index < few || choice.value === value);
  return (
    <fieldset className={css["facet"]}>
      <legend>{name}</legend>
      <ul className="lc-plain-list">
        {shown.map((choice) => (
          <li key={choice.value}>
            <button
              type="button"
              className={css["choice"]}
              aria-pressed={choice.value === value}
              onClick={() => onChange(choice.value === value ? undefined : choice.value)}
            >
              <span className="lc-clip">{choice.label}</span>
              {choice.count !== undefined && <span className="lc-numbers">{count(choice.count)}</span>}
            </button>
          </li>
        ))}
      </ul>
      {choices.length > few && (
        <Button variant="subtle" size="compact-xs" color="gray" onClick={() => setMore(!more)}>
          {more ? "Fewer" : `All ${choices.length}`}
        </Button>
      )}
    </fieldset>
  );
};

const ofRecord = (words: Readonly<Record<string, string>>, counts: Readonly<Record<string, number | undefined>>) =>
  Object.entries(words).map(([value, label]): Choice => ({ value, label, count: counts[value] ?? 0 }));

/** Without those that nobody has, but for the one that is filtered by. */
const present = (choices: readonly Choice[], value: string | undefined) =>
  choices.filter((choice) => choice.count !== 0 || choice.value === value);

/** A value that is filtered by stays on the list when nobody has it. */
const kept = (choices: readonly Choice[], value: string | undefined, label: string | undefined): readonly Choice[] =>
  value === undefined || choices.some((choice) => choice.value.toLowerCase() === value.toLowerCase())
    ? choices
    : [{ value, label: label ?? value, count: 0 }, ...choices];

export interface FacetsProps {
  readonly filters: ContactFilter;
  readonly onChange: (changed: Partial<ContactFilter>) => void;
}

const All = ({ facets, filters, onChange }: FacetsProps & { readonly facets: ApiResult<"contacts.facets"> }) => {
  const segments = useRead("segments.list", { limit: 1000 });
  const communities = facets.communities.map(({ id, name, count: n }) => ({ value: id, label: name, count: n }));
  const tags = facets.tags.map(({ name, count: n }) => ({ value: name, label: name, count: n }));
  return (
    <>
      <Facet
        name="Email"
        choices={ofRecord(reachWords, facets.reach)}
        value={filters.reach}
        onChange={(reach) => onChange({ reach: reach as ContactFilter["reach"] })}
      />
      <Facet
        name="Tag"
        choices={kept(tags, filters.tag, undefined)}
        value={tags.find(({ value }) => value.toLowerCase() === filters.tag?.toLowerCase())?.value ?? filters.tag}
        onChange={(tag) => onChange({ tag })}
      />
      <Facet
        name="Segment"
        choices={(segments.data?.data ?? []).map(({ id, name }) => ({ value: id, label: name, count: undefined }))}
        value={filters.segmentId}
        onChange={(segmentId) => onChange({ segmentId })}
      />
      {(communities.length > 1 || filters.communityId !== undefined) && (
        <Facet
          name="Community"
          choices={kept(communities, filters.communityId, "the chosen one")}
          value={filters.communityId}
          onChange={(communityId) => onChange({ communityId })}
        />
      )}
      <Facet
        name="Stage"
        choices={present(ofRecord(stageWords, facets.stages), filters.stage)}
        value={filters.stage}
        onChange={(stage) => onChange({ stage: stage as ContactFilter["stage"] })}
      />
      <Facet
        name="Kind"
        choices={present(ofRecord(kindWords, facets.kinds), filters.kind)}
        value={filters.kind}
        onChange={(kind) => onChange({ kind: kind as ContactFilter["kind"] })}
      />
    </>
  );
};

/** The panel of filters with counts. */
export const Facets = ({ filters, onChange }: FacetsProps) => {
  const facets = useRead("contacts.facets", filters, { keep: true, outdated: { fresh: "true" } });
  const [open, setOpen] = useState(false);
  const used = Object.keys(filters).filter((name) => name !== "q").length;
  return (
    <aside className={css["facets"]} aria-label="Filters" aria-busy={facets.isFetching}>
      <Button
        className={css["facetsButton"] ?? ""}
        variant="default"
        fullWidth
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        leftSection={<Icon name="segments" size={16} />}
      >
        {used > 0 ? `Filters (${used})` : "Filters"}
      </Button>
      <div className={css["facetsBody"]} data-open={open || undefined}>
        {facets.data ? (
          <All facets={facets.data} filters={filters} onChange={onChange} />
        ) : facets.isError ? (
          <Text fz="sm" c="dimmed">
            {facets.error.detail || facets.error.title}
          </Text>
        ) : (
          <Skeleton height={220} />
        )}
        {used > 0 && (
          <Button
            variant="default"
            size="compact-sm"
            onClick={() =>
              onChange({
                tag: undefined,
                communityId: undefined,
                kind: undefined,
                stage: undefined,
                reach: undefined,
                segmentId: undefined,
              })
            }
          >
            Clear the filters
          </Button>
        )}
      </div>
    </aside>
  );
};
