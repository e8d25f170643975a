// The words of bulk acts: what each does, and what became of it.
import type { BulkAct, BulkVerb } from "../../../../shared/contracts/bulk.ts";
import { count, counted } from "../../words.ts";

interface ActWords {
  /** On the button of the bar. */
  readonly short: string;
  /** Over the dialog and on its button, with the number. */
  readonly long: (contacts: string) => string;
  /** What it means, where that is not plain. */
  readonly note?: string;
  readonly danger?: true;
}

export const actWords: Readonly<Record<BulkVerb, ActWords>> = {
  tag: { short: "Tag", long: (n) => `Tag ${n}` },
  untag: { short: "Take a tag off", long: (n) => `Take the tag off ${n}` },
  setCommunity: { short: "Move", long: (n) => `Move ${n}` },
  suppress: {
    short: "Suppress",
    long: (n) => `Suppress ${n}`,
    note: "Nothing more is sent to their addresses, whatever they agree to later, until somebody lifts it.",
    danger: true,
  },
  export: {
    short: "Export",
    long: (n) => `Export ${n}`,
    note: "A CSV file that spreadsheets and our own import read. It can be fetched for a week.",
  },
  remove: {
    short: "Delete",
    long: (n) => `Delete ${n}`,
    note: "They are gone from lists and audiences. What was sent to them stays in the ledger.",
    danger: true,
  },
};

const past: Readonly<Record<BulkVerb, string>> = {
  tag: "tagged",
  untag: "without the tag now",
  setCommunity: "moved",
  suppress: "suppressed",
  export: "exported",
  remove: "deleted",
};
const reasons: Readonly<Record<string, string>> = { gone: "deleted in the meantime", no_address: "without an address" };

/** What became of an act, in words: `2,249 tagged, 3 were so already, 1 left out: deleted in the meantime`. */
export const outcomeWords = ({ act, done, already, skipped }: BulkAct): string =>
  [
    `${count(done)} ${past[act]}`,
    ...(already > 0 ? [`${count(already)} ${already === 1 ? "was" : "were"} so already`] : []),
    ...Object.entries(skipped).map(([reason, n]) => `${count(n)} left out: ${reasons[reason] ?? reason}`),
  ].join(", ");

/** An act with its number: `Tag 12 contacts “vip”`. */
export const actTitle = ({ act, tag, total }: Pick<BulkAct, "act" | "tag" | "total">): string =>
  `${actWords[act].long(counted(total, "contact"))}${tag ? ` “${tag}”` : ""}`;

/** How many of an act's contacts were dealt with. */
export const handled = ({ done, already, skipped }: BulkAct): number =>
  done + already + Object.values(skipped).reduce((sum, n) => sum + n, 0);

export const isOver = ({ status }: Pick<BulkAct, "status">): boolean => status !== "queued" && status !== "running";
