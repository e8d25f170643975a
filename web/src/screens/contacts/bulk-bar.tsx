// What can be done with the chosen contacts: stays at the foot of the screen while any are chosen.
import { Button, Group, Text } from "@mantine/core";
import { useState } from "react";
import type { BulkVerb } from "../../../../shared/contracts/bulk.ts";
import type { ContactFilter } from "../../../../shared/contracts/contact-filter.ts";
import type { Act } from "../../may.ts";
import { useMay } from "../../parts/may.tsx";
import type { Selection } from "../../parts/selection.tsx";
import { count, counted } from "../../words.ts";
import { BulkDialog, type Which } from "./bulk-dialog.tsx";
import { actWords } from "./bulk-words.ts";
import css from "./contacts.module.css";

const acts: readonly { readonly act: BulkVerb; readonly needs: Act }[] = [
  { act: "tag", needs: "bulk.start" },
  { act: "untag", needs: "bulk.start" },
  { act: "setCommunity", needs: "bulk.start" },
  { act: "suppress", needs: "bulk.start" },
  { act: "export", needs: "bulk.start export" },
  { act: "remove", needs: "bulk.start remove" },
];

export interface BulkBarProps {
  readonly selection: Selection;
  readonly filters: ContactFilter;
  /** How many match, where that is known. */
  readonly total: number | undefined;
  /** True when there are more than those that are loaded, or none is known. */
  readonly more: boolean;
}

/** The bar, and the dialog of the act that is chosen on it. */
export const BulkBar = ({ selection, filters, total, more }: BulkBarProps) => {
  const [asked, setAsked] = useState<{ readonly act: BulkVerb; readonly which: Which }>();
  const may = useMay();
  const offered = acts.filter(({ needs }) => may(needs));
  const any = selection.all || selection.ids.size > 0;
  const which: Which = selection.all ? { filter: filters } : { ids: [...selection.ids] };
  return (
    <>
      {any && offered.length > 0 && (
        <section className={css["bar"]} aria-label="Chosen contacts">
          <Group gap="xs" justify="space-between">
            <Text fz="sm" fw={600} aria-live="polite">
              {selection.all
                ? `All ${total === undefined ? "contacts" : counted(total, "contact")} that match`
                : `${counted(selection.ids.size, "contact")} chosen`}
            </Text>
            <Group gap={6}>
              {!selection.all && (more || (total !== undefined && total > selection.ids.size)) && (
                <Button variant="subtle" size="compact-sm" onClick={selection.chooseAll}>
                  Choose all {total === undefined ? "" : `${count(total)} `}that match
                </Button>
              )}
              <Button variant="subtle" color="gray" size="compact-sm" onClick={selection.clear}>
                Choose none
              </Button>
            </Group>
          </Group>
          <Group gap={6}>
            {offered.map(({ act }) => (
              <Button
                key={act}
                variant="default"
                size="compact-sm"
                className={actWords[act].danger ? (css["danger"] ?? "") : ""}
                onClick={() => setAsked({ act, which })}
              >
                {actWords[act].short}
              </Button>
            ))}
          </Group>
        </section>
      )}
      <BulkDialog asked={asked} onClose={() => setAsked(undefined)} onStarted={selection.clear} />
    </>
  );
};
