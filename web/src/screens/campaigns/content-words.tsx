// What a campaign says, in a few words: its subject, or the template that it takes.
import type { Campaign } from "../../../../shared/contracts/campaigns.ts";
import { useRead } from "../../query.ts";

/** The subject in quotes, or the template's name: the version that was published at launch is what is sent. */
export const useContentWords = ({ subject, templateId }: Campaign["content"]): string => {
  const template = useRead("templates.get", { id: templateId ?? "" }, { enabled: templateId !== undefined });
  if (templateId === undefined) return subject === undefined ? "no subject yet" : `“${subject}”`;
  if (template.error?.status === 404) return "a template that was deleted";
  return template.data ? `template “${template.data.name}”` : "a template";
};

/** The same, inside a line. */
export const ContentWords = ({ content }: { readonly content: Campaign["content"] }) => <>{useContentWords(content)}</>;
