// What the campaign wizard holds, and how it becomes a campaign of the API and comes back from one.
import type { Campaign } from "../../../../shared/contracts/campaigns.ts";
import type { ApiParams } from "../../api.ts";
import type { WizardStep } from "../../router.tsx";

export interface WizardFields {
  name: string;
  audience: "all" | "segment" | "tag";
  segmentId: string;
  tag: string;
  /** The published template that is sent; "" when the mail is written here. */
  templateId: string;
  subject: string;
  html: string;
  when: "now" | "at";
  /** Local date and time as a datetime-local field holds it. */
  at: string;
  perRecipientTimezone: boolean;
  limited: boolean;
  perSecond: string;
}

const starterLine = "write here what you want to tell.";
/** True while the mail still says what only its writer should read. */
export const stillStarter = ({ html }: Campaign["content"]): boolean => html?.includes(starterLine) ?? false;

/** A mail to start from: styles stand at the elements, because mail programs drop style sheets. */
export const starterHtml = `<div style="max-width:560px;margin:0 auto;padding:24px;font:16px/1.6 Helvetica,Arial,sans-serif;color:#1d201f">
  <h1 style="margin:0 0 16px;font-size:24px;line-height:1.3">Hello {{firstName|there}},</h1>
  <p style="margin:0 0 16px">${starterLine}</p>
  <p style="margin:0 0 24px"><a href="https://example.org" style="color:#17594f">Read more</a></p>
  <p style="margin:0">Kind regards,<br>your Learning Center</p>
</div>
`;

export interface Start {
  readonly segmentId?: string | undefined;
  readonly tag?: string | undefined;
}

/** Fields of a new campaign. */
export const freshFields = ({ segmentId, tag }: Start): WizardFields => ({
  name: "",
  audience: segmentId !== undefined ? "segment" : tag !== undefined ? "tag" : "all",
  segmentId: segmentId ?? "",
  tag: tag ?? "",
  templateId: "",
  subject: "",
  html: starterHtml,
  when: "now",
  at: "",
  perRecipientTimezone: false,
  limited: false,
  perSecond: "10",
});

const twoDigits = (value: number): string => String(value).padStart(2, "0");
/** An instant as a datetime-local field shows it. */
export const toLocal = (at: string): string => {
  const date = new Date(at);
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}T${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`;
};

/** Fields of a stored draft. */
export const fieldsOf = (campaign: Campaign): WizardFields => ({
  ...freshFields(
    campaign.audience.segmentId !== undefined
      ? { segmentId: campaign.audience.segmentId }
      : campaign.audience.tag !== undefined
        ? { tag: campaign.audience.tag }
        : {},
  ),
  name: campaign.name,
  templateId: campaign.content.templateId ?? "",
  subject: campaign.content.subject ?? "",
  html: campaign.content.html ?? starterHtml,
  when: campaign.schedule ? "at" : "now",
  at: campaign.schedule ? toLocal(campaign.schedule.at) : "",
  perRecipientTimezone: campaign.schedule?.perRecipientTimezone ?? false,
  limited: campaign.rate !== null,
  perSecond: String(campaign.rate?.perSecond ?? 10),
});

const audienceOf = (fields: WizardFields): Campaign["audience"] =>
  fields.audience === "all"
    ? { all: true }
    : fields.audience === "segment"
      ? { segmentId: fields.segmentId }
      : { tag: fields.tag };

const contentOf = ({ templateId, subject, html }: WizardFields): Campaign["content"] =>
  templateId === "" ? { subject: subject.trim(), html } : { templateId };

/** The draft as `POST /campaigns` takes it: audience and content; time and rate follow in their own step. */
export const draftOf = (fields: WizardFields): ApiParams<"campaigns.create"> => ({
  name: fields.name.trim(),
  channel: "email",
  audience: audienceOf(fields),
  content: contentOf(fields),
});

/** The whole draft as `PATCH /campaigns/{id}` takes it. */
export const changesOf = (fields: WizardFields): Omit<ApiParams<"campaigns.update">, "id"> => ({
  name: fields.name.trim(),
  audience: audienceOf(fields),
  content: contentOf(fields),
  schedule:
    fields.when === "at" && fields.at !== ""
      ? { at: new Date(fields.at).toISOString(), perRecipientTimezone: fields.perRecipientTimezone }
      : null,
  rate: fields.limited ? { perSecond: Number(fields.perSecond) } : null,
});

/** Where an error of the API belongs: the field, and the step that shows it. */
export const places = {
  name: "name",
  "audience.segmentId": "segmentId",
  "audience.tag": "tag",
  audience: "audience",
  "content.templateId": "templateId",
  "content.subject": "subject",
  "content.html": "html",
  content: "html",
  "schedule.at": "at",
  schedule: "at",
  "rate.perSecond": "perSecond",
  rate: "perSecond",
} as const;

export const fieldsOfStep: Readonly<Record<WizardStep, readonly (keyof WizardFields)[]>> = {
  audience: ["name", "audience", "segmentId", "tag"],
  content: ["templateId", "subject", "html"],
  preflight: [],
  schedule: ["when", "at", "perRecipientTimezone", "limited", "perSecond"],
  confirm: [],
};
