// What a message says, as callers write it; shared by campaigns, templates and single messages.
import { z } from "zod";
import { Id } from "./contract.ts";

export const Name = z.string().trim().min(1).max(200);
export const Html = z.string().max(2_000_000);
export const Subject = z.string().trim().min(1).max(998);

/** Email: subject and html (text is made when absent); sms: body; call: script; or a published template. */
export const Content = z.strictObject({
  subject: Subject.optional(),
  html: Html.optional(),
  text: z.string().max(1_000_000).optional(),
  body: z.string().max(1600).optional(),
  script: z.string().max(20_000).optional(),
  templateId: Id.optional(),
});
