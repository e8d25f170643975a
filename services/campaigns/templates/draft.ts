// What a draft says, ready to be looked at: MJML is compiled, and whatever speaks against it stands beside it.
import type { TemplateFormat } from "../../../shared/contracts/templates.ts";
import { compileMjml } from "./mjml.ts";
import type { MjmlMistake } from "./mjml-balance.ts";
import type { TemplateContent } from "./store.ts";

export interface Draft {
  readonly format: TemplateFormat;
  readonly subject: string;
  /** As it was written: HTML or MJML. */
  readonly source: string;
  /** HTML as it was written or compiled; nothing has been taken out yet. */
  readonly html: string;
  readonly text: string | null;
  readonly mjml: readonly MjmlMistake[];
}

/** The draft of a template or version. A version's HTML stays as it was published, whatever the compiler does today. */
export const draftOf = async (content: TemplateContent, frozen = false): Promise<Draft> => {
  const common = { format: content.format, subject: content.subject ?? "", text: content.text };
  if (content.format === "html") return { ...common, source: content.html ?? "", html: content.html ?? "", mjml: [] };
  const source = content.mjml ?? "";
  if (frozen || source.trim() === "") return { ...common, source, html: content.html ?? "", mjml: [] };
  const { html, mistakes } = await compileMjml(source);
  return { ...common, source, html, mjml: mistakes };
};
