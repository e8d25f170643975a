// Entries of a contact's stream in words: what happened, in one line, and what there is to add.
import type { Activity } from "../../../../shared/contracts/activity.ts";
import type { IconName } from "../../parts/icon.tsx";
import { channelWords, reasonWords, sourceWords, stateWords, type Tone } from "../../words.ts";

export interface EntryWords {
  readonly icon: IconName;
  readonly tone: Tone;
  readonly line: string;
  readonly more: string;
}

const joined = (...parts: readonly (string | null | undefined | false)[]): string =>
  parts.filter((part): part is string => Boolean(part)).join(" · ");

const eventLines: Readonly<Record<string, { readonly line: string; readonly icon: IconName; readonly tone: Tone }>> = {
  opened: { line: "Opened a message", icon: "mailbox", tone: "accent" },
  clicked: { line: "Clicked a link", icon: "next", tone: "accent" },
  delivered: { line: "A message was delivered", icon: "check", tone: "good" },
  bounced: { line: "A message bounced", icon: "alert", tone: "bad" },
  unsubscribed: { line: "Unsubscribed", icon: "suppressions", tone: "bad" },
  complained: { line: "Marked a message as spam", icon: "alert", tone: "bad" },
  replied: { line: "Replied", icon: "back", tone: "accent" },
};

const messageWords = (entry: Activity): EntryWords => {
  const word = entry.state ? stateWords[entry.state] : { label: "", tone: "neutral" as const };
  const from = entry.sourceName ? `Campaign ${entry.sourceName}` : `From ${sourceWords(entry.source ?? "")}`;
  return {
    icon: "campaigns",
    tone: word.tone,
    line: entry.subject ?? (entry.channel ? `A message by ${channelWords(entry.channel)}` : "A message"),
    more: joined(
      `${word.label}${entry.reason ? `: ${reasonWords(entry.reason)}` : ""}`,
      from,
      entry.address && `to ${entry.address}`,
    ),
  };
};

/** What an entry says. */
export const entryWords = (entry: Activity): EntryWords => {
  const channel = channelWords(entry.channel ?? "");
  switch (entry.type) {
    case "message":
      return messageWords(entry);
    case "event": {
      const known = eventLines[entry.what ?? ""];
      return {
        icon: "bolt",
        tone: "neutral",
        line: entry.what ?? "Something happened",
        ...known,
        more: entry.url ?? "",
      };
    }
    case "consent":
      return {
        icon: entry.what === "granted" ? "check" : "close",
        tone: entry.what === "granted" ? "good" : "bad",
        line: entry.what === "granted" ? `Gave consent for ${channel}` : `Took consent for ${channel} back`,
        more: joined(entry.basis, entry.evidence),
      };
    case "suppression":
      return {
        icon: "suppressions",
        tone: "bad",
        line: `Suppressed for ${channel}`,
        more: joined(reasonWords(entry.reason ?? ""), entry.address),
      };
    case "import":
      return {
        icon: "imports",
        tone: "neutral",
        line: entry.what === "changed" ? "Changed by an import" : "Came with an import",
        more: entry.fileName ?? "",
      };
    case "created":
      return {
        icon: "plus",
        tone: "neutral",
        line: "Added",
        more: entry.source === "manual" || entry.source === null ? "by hand or over the API" : entry.source,
      };
  }
};
