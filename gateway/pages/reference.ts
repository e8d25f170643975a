// The API reference as one static page, from the OpenAPI description: no script, nothing from elsewhere.
import { errorCatalogue } from "../../shared/contracts/errors.ts";
import type { Description, JsonSchema, Operation } from "../openapi.ts";
import { escapeHtml, renderPage } from "./page.ts";

/** A schema in a few words: `string`, `list of object`, `"a" | "b"`. */
const words = (schema: JsonSchema | undefined): string => {
  if (!schema) return "";
  const { type, format, items, anyOf, oneOf } = schema as {
    type?: string | string[];
    format?: string;
    items?: JsonSchema;
    anyOf?: JsonSchema[];
    oneOf?: JsonSchema[];
  };
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (anyOf ?? oneOf) return [...new Set((anyOf ?? oneOf ?? []).map(words))].join(" | ");
  if (type === "array") return `list of ${words(items) || "anything"}`;
  return [Array.isArray(type) ? type.join(" | ") : (type ?? "anything"), format ? `(${format})` : ""]
    .filter(Boolean)
    .join(" ");
};

const row = (cells: readonly string[]): string => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
const code = (text: string): string => `<code>${escapeHtml(text)}</code>`;

const fieldRows = (operation: Operation): string[] => {
  const parameters = (operation.parameters ?? []).map((field) =>
    row([
      code(field.name),
      field.in,
      field.required ? "yes" : "",
      escapeHtml(words(field.schema)),
      escapeHtml(field.description ?? ""),
    ]),
  );
  const [body] = Object.values((operation.requestBody?.content ?? {}) as Record<string, { schema?: JsonSchema }>);
  const { properties = {}, required = [] } = (body?.schema ?? {}) as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  const fields = Object.entries(properties).map(([name, field]) =>
    row([
      code(name),
      "body",
      required.includes(name) ? "yes" : "",
      escapeHtml(words(field)),
      escapeHtml(String(field.description ?? "")),
    ]),
  );
  return [...parameters, ...fields];
};

const needsOf: Readonly<Record<string, string>> = {
  none: "open to everyone",
  user: "needs a signed-in caller",
  session: "needs a person in a browser, no token",
};

const renderOperation = (method: string, path: string, operation: Operation): string => {
  const rows = fieldRows(operation);
  const table =
    rows.length > 0
      ? `<div class="scroll" tabindex="0" role="region" aria-label="Fields of ${escapeHtml(operation.operationId)}"><table><thead><tr><th>Field</th><th>In</th><th>Required</th><th>Type</th><th></th></tr></thead><tbody>${rows.join("")}</tbody></table></div>`
      : "";
  const permission = operation["x-permission"];
  const roles = operation["x-roles"] ? ` and the role ${operation["x-roles"].join(" or ")}` : "";
  const needs = (needsOf[permission] ?? `needs the ability <em>${escapeHtml(permission)}</em>`) + escapeHtml(roles);
  return `<h3 id="${escapeHtml(operation.operationId)}">${code(`${method.toUpperCase()} ${path}`)}</h3>
<p>${escapeHtml(operation.summary)}. <span class="soft">${code(operation.operationId)}, ${needs}; answers ${escapeHtml(Object.keys(operation.responses).join(", "))}.</span></p>
${table}`;
};

const renderErrors = (): string =>
  `<h2 id="errors">Errors</h2>
<p>Every error is <code>application/problem+json</code> with one of these codes. Those with “yes” are worth trying again after <code>Retry-After</code>.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Error codes"><table><thead><tr><th>Code</th><th>Status</th><th>Retry</th><th>Meaning</th></tr></thead><tbody>
${Object.entries(errorCatalogue)
  .map(
    ([name, entry]) =>
      `<tr id="${name}"><td>${code(name)}</td><td>${entry.status}</td><td>${entry.retryable ? "yes" : ""}</td><td>${escapeHtml(entry.title)}</td></tr>`,
  )
  .join("\n")}
</tbody></table></div>`;

/** The whole page. */
export const renderReference = (description: Description): string => {
  const byTag = new Map<string, string[]>();
  for (const [path, methods] of Object.entries(description.paths))
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags[0] ?? "other";
      byTag.set(tag, [...(byTag.get(tag) ?? []), renderOperation(method, path, operation)]);
    }
  const sections = [...byTag].sort(([a], [b]) => (a < b ? -1 : 1));
  const contents = [...sections.map(([tag]) => tag), "errors"]
    .map((tag) => `<a href="#${tag}">${escapeHtml(tag)}</a>`)
    .join(" · ");
  const body = `<p>The same as data: <a href="/api/openapi.json">/api/openapi.json</a> (OpenAPI 3.1). Send <code>Authorization: Bearer lc_…</code> with an access token from the settings of the web app.</p>
<nav aria-label="Contents"><p>${contents}</p></nav>
${sections.map(([tag, operations]) => `<h2 id="${escapeHtml(tag)}">${escapeHtml(tag)}</h2>\n${operations.join("\n")}`).join("\n")}
${renderErrors()}`;
  return renderPage("Learning Center API", body, true);
};
