// A bulk mail must carry an unsubscribe link and a postal address: content without them gets a footer that has both.
import { type CompiledContent, type ContentSource, compileContent } from "./compile.ts";

const htmlFooter = (unsubscribe: boolean, postal: boolean) =>
  `<div style="margin:32px 0 0;padding:16px 0 0;border-top:1px solid #d0d4da;color:#5b6470;font:12px/1.5 sans-serif">${
    postal ? '<p style="margin:0 0 4px">{{postalAddress}}</p>' : ""
  }${unsubscribe ? '<p style="margin:0"><a href="{{unsubscribeUrl}}" style="color:#5b6470">Unsubscribe</a></p>' : ""}</div>`;

const textFooter = (unsubscribe: boolean, postal: boolean) =>
  `\n\n-- \n${postal ? "{{postalAddress}}\n" : ""}${unsubscribe ? "Unsubscribe: {{unsubscribeUrl}}\n" : ""}`;

const beforeBodyEnd = (html: string, addition: string) => {
  const end = html.toLowerCase().lastIndexOf("</body>");
  return end === -1 ? html + addition : html.slice(0, end) + addition + html.slice(end);
};

/** The ledger puts a person's values together in one SQL call, which takes 100 arguments: a name and a value per field. */
const MOST_FIELDS = 50;

/** The content with whatever of the footer it lacks, as a bulk mail would carry it, without pixel and tracked links. */
export const withFooter = (content: ContentSource): ContentSource => {
  const bare = compileContent(content);
  const unsubscribe = !bare.hasUnsubscribe;
  const postal = !bare.hasPostalAddress;
  if (!unsubscribe && !postal) return content;
  return {
    subject: content.subject,
    html: beforeBodyEnd(content.html ?? "", htmlFooter(unsubscribe, postal)),
    text: content.text?.trim() ? content.text + textFooter(unsubscribe, postal) : content.text,
  };
};

/** Content of a bulk mail, compiled with tracked links, pixel and whatever of the footer it lacks. */
export const compileBulk = (content: ContentSource): CompiledContent => {
  const bare = compileContent(content);
  const unsubscribe = !bare.hasUnsubscribe;
  const postal = !bare.hasPostalAddress;
  const footer = unsubscribe || postal ? htmlFooter(unsubscribe, postal) : "";
  const html = beforeBodyEnd(
    content.html ?? "",
    `${footer}<img src="{{pixelUrl}}" width="1" height="1" alt="" style="display:block">`,
  );
  const text = content.text?.trim() ? content.text + (footer ? textFooter(unsubscribe, postal) : "") : undefined;
  const compiled = compileContent({ subject: content.subject, html, text }, { extra: new Set(["pixelUrl"]) });
  const own = (name: string) => name !== "pixelUrl";
  const fields = compiled.fields.filter(own);
  const mistakes =
    fields.length <= MOST_FIELDS
      ? compiled.mistakes
      : [
          {
            path: "html",
            message: `the content uses ${fields.length} different merge fields; expected at most ${MOST_FIELDS}`,
          },
          ...compiled.mistakes,
        ];
  return { ...compiled, fields, required: compiled.required.filter(own), mistakes };
};
