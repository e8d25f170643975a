// Which rows of the list are chosen: some of those that are loaded, or all that match the filters, loaded or not.
import { Checkbox } from "@mantine/core";
import { createContext, useContext, useMemo, useState } from "react";

export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** True: all that match, whatever is loaded. */
  readonly all: boolean;
  readonly toggle: (id: string) => void;
  readonly choose: (ids: readonly string[]) => void;
  readonly chooseAll: () => void;
  readonly clear: () => void;
}

const none: ReadonlySet<string> = new Set();

/** The selection of one list; it empties itself when `key`, the filters, changes. */
export const useSelection = (key: string): Selection => {
  const [state, setState] = useState({ key, ids: none, all: false });
  const current = state.key === key ? state : { key, ids: none, all: false };
  return useMemo(
    () => ({
      ids: current.ids,
      all: current.all,
      toggle: (id) =>
        setState(() => {
          const ids = new Set(current.ids);
          if (!ids.delete(id)) ids.add(id);
          return { key, ids, all: false };
        }),
      choose: (ids) => setState({ key, ids: new Set(ids), all: false }),
      chooseAll: () => setState({ key, ids: none, all: true }),
      clear: () => setState({ key, ids: none, all: false }),
    }),
    [current.ids, current.all, key],
  );
};

interface Choosable extends Selection {
  /** Rows that are loaded, in their order. */
  readonly rows: readonly { readonly id: string }[];
}
const Chosen = createContext<Choosable | undefined>(undefined);
export const SelectionProvider = Chosen.Provider;

export interface SelectRowProps {
  readonly id: string;
  /** What the row shows, for screen readers. */
  readonly name: string;
}

/** The box of one row. */
export const SelectRow = ({ id, name }: SelectRowProps) => {
  const chosen = useContext(Chosen);
  return (
    <Checkbox
      size="sm"
      aria-label={`Select ${name}`}
      checked={chosen?.all === true || chosen?.ids.has(id) === true}
      onChange={() => {
        // One taken out of all leaves those that are loaded.
        if (chosen?.all) chosen.choose(chosen.rows.map((row) => row.id).filter((other) => other !== id));
        else chosen?.toggle(id);
      }}
    />
  );
};

/** The box in the heading: all rows that are loaded, or none. */
export const SelectLoaded = () => {
  const chosen = useContext(Chosen);
  if (!chosen) return null;
  const every = chosen.all || (chosen.rows.length > 0 && chosen.rows.every(({ id }) => chosen.ids.has(id)));
  return (
    <Checkbox
      size="sm"
      aria-label="Select all rows shown"
      checked={every}
      indeterminate={!every && chosen.ids.size > 0}
      onChange={() => (every ? chosen.clear() : chosen.choose(chosen.rows.map(({ id }) => id)))}
    />
  );
};
