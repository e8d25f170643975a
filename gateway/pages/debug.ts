// The debug page as HTML: the latest requests with their SQL, jobs and mails counted; for one request everything that
// happened because of it. A small script reads it again every two seconds.
import type { DebugEntry, DebugKind } from "../../shared/broker/debug-log.ts";
import { escapeHtml, renderPage } from "./page.ts";

const mostRows = 100;
/** So often the same statement in one request is probably a loop around a query. */
const manyTimes = 5;

/** Reads the page again and puts the new content in place, unless it is paused or text in it is marked. */
export const debugScript = `
const pause = () => document.getElementById("pause")?.checked;
const marked = () => !getSelection().isCollapsed || document.activeElement?.tagName === "INPUT";
setInterval(async () => {
  if (pause() || document.hidden || marked()) return;
  const answer = await fetch(location.href).catch(() => undefined);
  if (!answer?.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
  document.getElementById("live")?.replaceWith(next);
}, 2000);
`;

const code = (text: string) => `<code>${escapeHtml(text)}</code>`;
const ms = (value: number | undefined) =>
  value === undefined ? "" : `${value < 10 ? value.toFixed(1) : Math.round(value)}\u00a0ms`;
const clock = (at: number) => new Date(at).toISOString().slice(11, 23);
const requestLink = (id: string | undefined) =>
  id ? `<a href="/debug?request=${encodeURIComponent(id)}">${escapeHtml(id.slice(0, 8))}</a>` : "";

const table = (label: string, heads: readonly string[], rows: readonly (readonly string[])[]): string => {
  if (rows.length === 0) return `<p class="soft">None.</p>`;
  const head = heads.map((text) => `<th>${escapeHtml(text)}</th>`).join("");
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("\n");
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(label)}"><table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
};

type OfKind = (kind: DebugKind) => readonly DebugEntry[];
const sorted = (entries: readonly DebugEntry[]): OfKind => {
  const groups = Map.groupBy(entries, ({ kind }) => kind);
  return (kind) => groups.get(kind) ?? [];
};

/** A mail's link into the sandbox's mailbox, which names mails as it answered. */
const mailResult = ({ name, result = "" }: DebugEntry): string => {
  const id = /^accepted as ([\w-]+)$/.exec(result)?.[1];
  return id && name.endsWith(" sandbox")
    ? `<a href="/mailbox?mail=${encodeURIComponent(id)}">accepted, look at it</a>`
    : escapeHtml(result);
};

const jobTable = (entries: readonly DebugEntry[]) =>
  table(
    "Jobs",
    ["Ended", "Job", "Took", "Outcome", "Process", "Request"],
    entries
      .slice(0, mostRows)
      .map((one) => [
        clock(one.at),
        `<a href="/operations/jobs/${encodeURIComponent(one.id ?? "")}">${escapeHtml(one.name)}</a>`,
        ms(one.ms),
        escapeHtml(one.result ?? ""),
        escapeHtml(one.node),
        requestLink(one.requestId),
      ]),
  );
const mailTable = (entries: readonly DebugEntry[]) =>
  table(
    "Mails",
    ["At", "Message", "By", "Took", "Outcome"],
    entries
      .slice(0, mostRows)
      .map((one) => [clock(one.at), code(one.id ?? ""), escapeHtml(one.name), ms(one.ms), mailResult(one)]),
  );
const plainTable = (label: string, entries: readonly DebugEntry[]) =>
  table(
    label,
    ["At", "What", "Took", "Result", "Process"],
    entries
      .slice(0, mostRows)
      .map((one) => [clock(one.at), code(one.name), ms(one.ms), escapeHtml(one.result ?? ""), escapeHtml(one.node)]),
  );

/** Statements in the order in which they ran; one that ran again and again stands out. */
const sqlTable = (entries: readonly DebugEntry[]): string => {
  const times = Map.groupBy(entries, ({ name }) => name);
  const loops = [...times].filter(([, runs]) => runs.length >= manyTimes);
  const hints = loops
    .map(
      ([text, runs]) =>
        `<p><strong>The same statement ran ${runs.length} times.</strong> A loop around a query? One statement for all is quicker: ${code(text.slice(0, 160))}</p>`,
    )
    .join("\n");
  const rows = [...entries]
    .reverse()
    .slice(0, mostRows * 3)
    .map((one) => [clock(one.at), code(one.name), ms(one.ms), escapeHtml(one.result ?? "")]);
  return hints + table("SQL", ["Ended", "Statement", "Took", "Result"], rows);
};

const sumMs = (entries: readonly DebugEntry[]) => entries.reduce((sum, one) => sum + (one.ms ?? 0), 0);

const overview = (entries: readonly DebugEntry[]): string => {
  const of = sorted(entries);
  const byRequest = Map.groupBy(entries, ({ requestId }) => requestId ?? "");
  const rows = of("request")
    .slice(0, mostRows)
    .map((one) => {
      const own = sorted(byRequest.get(one.requestId ?? "") ?? []);
      const statements = own("sql");
      const most = Math.max(0, ...[...Map.groupBy(statements, ({ name }) => name).values()].map((runs) => runs.length));
      const sql =
        statements.length > 0
          ? `${statements.length}, ${ms(sumMs(statements))}${most >= manyTimes ? " <strong>loop?</strong>" : ""}`
          : "";
      return [
        clock(one.at),
        code(one.name),
        escapeHtml(one.result ?? ""),
        ms(one.ms),
        sql,
        String(own("job").length || ""),
        String(own("message").length || ""),
        requestLink(one.requestId),
      ];
    });
  return `<h2>Requests</h2>
${table("Requests", ["Ended", "Request", "Status", "Took", "SQL", "Jobs", "Messages", "Id"], rows)}
<h2>Jobs</h2>
${jobTable(of("job"))}
<h2>Mails</h2>
${mailTable(of("mail"))}
<h2>Events</h2>
${plainTable("Events", of("event"))}`;
};

const oneRequest = (entries: readonly DebugEntry[], requestId: string): string => {
  const of = sorted(entries.filter((one) => one.requestId === requestId));
  const messages = new Set(of("message").map(({ id }) => id));
  const mails = entries.filter(({ kind, id }) => kind === "mail" && messages.has(id));
  return `<p>Request ${code(requestId)}, and what happened because of it. <a href="/debug">All requests</a></p>
${plainTable("Request", of("request"))}
<h2>Calls</h2>
${plainTable("Calls", of("call"))}
<h2>SQL</h2>
${sqlTable(of("sql"))}
<h2>Jobs</h2>
${jobTable(of("job"))}
<h2>Events</h2>
${plainTable("Events", of("event"))}
<h2>Mails</h2>
${mailTable(mails)}
<h2>Caches</h2>
${plainTable("Caches", of("cache"))}`;
};

/** The page of all requests, or of one. `entries` are newest first; `silent` are processes that did not answer. */
export const renderDebug = (
  entries: readonly DebugEntry[],
  silent: readonly string[],
  requestId: string | undefined,
): string => {
  const gap = silent.length > 0 ? `<p>No answer from ${silent.map(escapeHtml).join(", ")}.</p>` : "";
  const content = requestId === undefined ? overview(entries) : oneRequest(entries, requestId);
  return renderPage(
    "What just happened",
    `<form action="/debug"><label>Request id <input name="request" value="${escapeHtml(requestId ?? "")}"></label> <button>Show</button> <label><input type="checkbox" id="pause"> Hold still</label></form>
<div id="live">${gap}
${content}
</div>
<script src="/debug/refresh.js" defer></script>`,
    true,
  );
};
