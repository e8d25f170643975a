// The state of a template in words.
import type { Word } from "../../words.ts";

/** Draft, published with its number, or published with changes that are not. */
export const templateWord = ({
  publishedVersion,
  changed,
  archived,
}: {
  readonly publishedVersion: number | null;
  readonly changed: boolean;
  readonly archived: boolean;
}): Word => {
  if (archived) return { label: "archived", tone: "neutral" };
  if (publishedVersion === null) return { label: "draft", tone: "neutral" };
  return changed
    ? { label: `published ${publishedVersion}, changed since`, tone: "warn" }
    : { label: `published ${publishedVersion}`, tone: "good" };
};
