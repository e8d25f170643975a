// The words of a notice: one title and a line for each incident, however many changed at once. Pure.
import { createHash } from "node:crypto";
import type { Told } from "../incidents/store.ts";
import { durationWords, incidentSentence, kinds } from "../kinds.ts";
import type { NoticeBody, NoticeIncident } from "./store.ts";

/** Incidents that a mail lists; of more it says how many. */
const mostListed = 20;

const incidentOf = (told: Told): NoticeIncident => ({
  ...{ id: told.id, what: told.what, rule: told.name, kind: told.kind, subject: told.subject },
  sentence: incidentSentence(told.kind, told.subject, told.what === "recovered" ? told.worstValue : told.lastValue),
  detail: told.detail,
  ...{ value: told.lastValue, worstValue: told.worstValue, unit: kinds[told.kind].unit },
  openedAt: (told.openedAt ?? told.breachedAt).toISOString(),
  recoveredAt: told.recoveredAt?.toISOString() ?? null,
});

const many = (count: number, one: string) => `${count} ${one}${count === 1 ? "" : "s"}`;

const titleOf = (incidents: readonly NoticeIncident[]): string => {
  const [first] = incidents;
  const bySubject = first && first.subject !== "" ? ` (${first.subject})` : "";
  if (incidents.length === 1 && first)
    return `${{ opened: "Alert", recovered: "Recovered", still: "Still open" }[first.what]}: ${first.rule}${bySubject}`;
  const count = (what: NoticeIncident["what"]) => incidents.filter((one) => one.what === what).length;
  return [
    count("opened") > 0 ? many(count("opened"), "alert") : "",
    count("still") > 0 ? `${count("still")} still open` : "",
    count("recovered") > 0 ? `${count("recovered")} recovered` : "",
  ]
    .filter(Boolean)
    .join(", ");
};

/** The notice about these incidents. */
export const composeNotice = (told: readonly Told[], link: string): NoticeBody => {
  const incidents = told.map(incidentOf);
  return { title: titleOf(incidents), incidents, link };
};

/** A notice that only tries the way; `kind` and `name` are of the rule that is tried, if it is one. */
export const composeTest = (link: string, rule?: { readonly name: string; readonly sentence: string }): NoticeBody => ({
  title: rule ? `Test: ${rule.name}` : "Test of your alerts",
  incidents: [],
  link,
});

const lineOf = ({ what, sentence, openedAt, recoveredAt, detail }: NoticeIncident): string => {
  const lasted = recoveredAt && durationWords((Date.parse(recoveredAt) - Date.parse(openedAt)) / 1_000);
  const at = `${openedAt.slice(0, 16).replace("T", " ")} UTC`;
  if (what === "recovered") return `Recovered after ${lasted}. It was: ${sentence}`;
  return `${sentence}${detail ? ` ${detail}${/[.!?]$/.test(detail) ? "" : "."}` : ""} Since ${at}.`;
};

/** What a notice says, line by line. */
export const noticeLines = ({ title, incidents }: NoticeBody): string[] =>
  incidents.length === 0
    ? [`${title}. Nothing is wrong: somebody wanted to see that this arrives.`]
    : [
        ...incidents.slice(0, mostListed).map(lineOf),
        ...(incidents.length > mostListed ? [`And ${incidents.length - mostListed} more.`] : []),
      ];

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
/** As text of a mail's html; what looks like a merge field stays text. */
const html = (text: string) =>
  text.replace(/[&<>"]/g, (found) => escapes[found] ?? found).replaceAll("{{", "{&#8203;{");
const plain = (text: string) => text.replaceAll("{{", "{ {");

/** The mail of a notice. */
export const noticeMail = (body: NoticeBody) => {
  const lines = noticeLines(body);
  const paragraphs = lines.map((line) => `<p style="margin:0 0 14px">${html(line)}</p>`).join("\n");
  return {
    subject: plain(body.title),
    html: `<!doctype html><html lang="en"><body style="margin:0;padding:24px;background:#f7f7f4;font-family:Arial,sans-serif;color:#1d201f">
<div style="max-width:560px;margin:0 auto;padding:28px;background:#ffffff;border:1px solid #e2e2dc;border-radius:10px;line-height:1.5">
<p style="margin:0 0 18px;font-size:18px;font-weight:bold">${html(body.title)}</p>
${paragraphs}
<p style="margin:6px 0 0"><a href="${html(body.link)}" style="display:inline-block;padding:11px 20px;background:#17594f;color:#ffffff;text-decoration:none;border-radius:7px">Open the alerts</a></p>
</div></body></html>`,
    text: `${plain(body.title)}\n\n${lines.map(plain).join("\n\n")}\n\n${body.link}\n`,
  };
};

/** What the webhook is sent. `id` is the same for every try. */
export const webhookBody = (
  notice: { readonly id: string; readonly at: Date; readonly test: boolean },
  body: NoticeBody,
) => ({
  id: notice.id,
  type: notice.test ? "alert.test" : "alert.changed",
  timestamp: notice.at.toISOString(),
  data: { title: body.title, lines: noticeLines(body), link: body.link, incidents: body.incidents },
});

/** A short name of a recipient for the idempotency key: no address stands in it. */
export const recipientKey = (address: string): string =>
  createHash("sha256").update(address).digest("base64url").slice(0, 16);
