// What will probably be refused in a row, told before the upload. The server has the last word: it checks every row.

/** Where a column goes; the empty text leaves it out. */
export type Mapping = Readonly<Record<string, string>>;

export const targets: readonly { value: string; label: string }[] = [
  { value: "email", label: "Email" },
  { value: "phone", label: "Phone" },
  { value: "firstName", label: "First name" },
  { value: "lastName", label: "Last name" },
  { value: "orgName", label: "Organisation" },
  { value: "kind", label: "Kind (person or business)" },
  { value: "community", label: "Community" },
  { value: "tags", label: "Tags (separated by ;)" },
  { value: "externalId", label: "External id" },
  { value: "timezone", label: "Time zone" },
  { value: "stage", label: "Stage" },
];

/** A column's header as the name of a field of its own: `Home City` → `attrs.home_city`. */
export const ownField = (header: string): string =>
  `attrs.${
    header
      .trim()
      .toLowerCase()
      .normalize("NFKD")
      .replace(/[^\w-]+/g, "_")
      .replace(/^_+|_+$/g, "")
      .slice(0, 64) || "field"
  }`;

const stages = ["awareness", "engagement", "sales", "retention", "churn"];
const known = (zone: string): boolean => {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: zone }));
  } catch {
    return false;
  }
};

/** What is wrong with one cell, or undefined. */
export const cellError = (target: string, cell: string): string | undefined => {
  const value = cell.trim();
  if (value === "") return undefined;
  if (target === "email" && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) return "not an email address";
  if (target === "phone" && value.replace(/\D/g, "").length < 6) return "not a phone number";
  if (target === "kind" && !/^(person|business)$/i.test(value)) return "neither person nor business";
  if (target === "stage" && !stages.includes(value.toLowerCase())) return "not a stage";
  if (target === "timezone" && !known(value)) return "not a time zone";
  return undefined;
};

/** What is wrong with a whole row, or undefined: somebody must be recognisable by it. */
export const rowError = (headers: readonly string[], row: readonly string[], mapping: Mapping): string | undefined => {
  if (row.length > headers.length) return `${row.length} cells, but ${headers.length} columns: is a quote missing?`;
  const has = (target: string) =>
    headers.some((header, index) => mapping[header] === target && (row[index] ?? "").trim() !== "");
  return has("email") || has("phone") || has("externalId") ? undefined : "no email, phone or external id";
};
