// The file of benchmark "import": people as a list from a website has them, with what such lists have wrong. Of a hundred
// rows one is refused, one repeats a row before it, and one meets a contact that is there already.

export const header = "Email,First Name,Last Name,Phone,City,Tags";
export const mapping = {
  Email: "email",
  "First Name": "firstName",
  "Last Name": "lastName",
  Phone: "phone",
  City: "attrs.city",
  Tags: "tags",
} as const;

const names = ["Ada", "Grace", "Alan", "Katherine", "Zoë", "Linus"];
const cities = ["Berlin", "Hamburg", "Bremen", "Oslo", "Paris", "Lyon"];
const every = 100;
const refusedAt = 7;
const repeatedAt = 9;
const knownAt = 11;
/** A repeated row names the person so many rows before it. */
const back = 5_000;

const email = (person: number) => `person${person}@list${person % 50}.example`;
const pick = (from: readonly string[], person: number) => from[person % from.length] ?? "";

const line = (row: number): string => {
  const place = row % every;
  if (place === refusedAt) return `person${row},Max,Mustermann,,Nowhere,news`;
  // The row before the one so far back is a usual one.
  const person = place === repeatedAt && row >= back ? row - back + 1 : row;
  const phone = person % 3 === 0 ? `+1${2_012_010_000 + person}` : "";
  const tags = person % 4 === 0 ? "customer;news" : person % 2 ? "news" : "lead";
  return `${email(person)},${pick(names, person)},Name${person},${phone},"${pick(cities, person)}, ${person % 90}",${tags}`;
};

/** What must become of the rows. */
export const expected = (rows: number) => {
  const failed = Math.floor((rows + every - 1 - refusedAt) / every);
  const repeats = Array.from({ length: Math.ceil(rows / every) }, (_, i) => i * every + repeatedAt).filter(
    (row) => row >= back && row < rows,
  ).length;
  const known = Math.floor((rows + every - 1 - knownAt) / every);
  return { total: rows, inserted: rows - failed - repeats - known, updated: repeats + known, skipped: 0, failed };
};

/** The file in pieces, so that it need not be one string. */
export const fileOf = (rows: number): Blob => {
  const pieces = [`${header}\n`];
  for (let from = 0; from < rows; from += 10_000)
    pieces.push(`${Array.from({ length: Math.min(10_000, rows - from) }, (_, i) => line(from + i)).join("\n")}\n`);
  return new Blob(pieces, { type: "text/csv" });
};

/** Contacts that are there before: those whom one row in a hundred names. */
export const knownFile = (rows: number): Blob =>
  new Blob(
    [
      `Email\n${Array.from({ length: Math.floor((rows + every - 1 - knownAt) / every) }, (_, i) => email(i * every + knownAt)).join("\n")}\n`,
    ],
    { type: "text/csv" },
  );
