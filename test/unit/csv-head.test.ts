// What the first bytes of a file tell about it.
import iconv from "iconv-lite";
import { expect, test } from "vitest";
import { readHead } from "../../services/contacts/imports/csv-head.ts";
import { suggestMapping } from "../../services/contacts/imports/suggest-mapping.ts";
import { encodingOf } from "../../services/contacts/imports/text-encoding.ts";

const german =
  'Vorname;E-Mail-Adresse;Straße\r\nJürgen;j@example.com;"Am Markt 1; Hof"\r\nZoë;z@example.com;"Zeile 1\nZeile 2"\r\n';
const forms: readonly (readonly [string, Buffer, string])[] = [
  ["UTF-8", Buffer.from(german), "utf-8"],
  ["UTF-8 with a byte order mark", Buffer.from(`\ufeff${german}`), "utf-8"],
  ["UTF-16 LE", Buffer.concat([Buffer.from([0xff, 0xfe]), iconv.encode(german, "utf-16le")]), "utf-16le"],
  ["UTF-16 BE", Buffer.concat([Buffer.from([0xfe, 0xff]), iconv.encode(german, "utf-16be")]), "utf-16be"],
  ["UTF-16 LE without a mark", iconv.encode(german, "utf-16le"), "utf-16le"],
  ["UTF-16 BE without a mark", iconv.encode(german, "utf-16be"), "utf-16be"],
  ["Windows-1252", iconv.encode(german, "windows-1252"), "windows-1252"],
];

test.each(forms)("%s with semicolons and quoted line breaks is read", async (_name, bytes, encoding) => {
  const head = await readHead(bytes, {}, 10);
  expect(head).toEqual({
    encoding,
    delimiter: ";",
    headers: ["Vorname", "E-Mail-Adresse", "Straße"],
    rows: [
      ["Jürgen", "j@example.com", "Am Markt 1; Hof"],
      ["Zoë", "z@example.com", "Zeile 1\nZeile 2"],
    ],
  });
});

test.each([
  ["tabs", "a\tb\tc\n1\t2,5\t3\n", "\t"],
  ["commas beside semicolons in cells", 'a,b\n"x;y;z",1\n"x;y;z",2\n', ","],
  ["one column only", "Email\na@example.com\n", ","],
  ["the line sep=; of Excel", "sep=;\r\na;b,c\r\n1;2\r\n", ";"],
  ["old Mac line ends", "a;b\r1;2\r", ";"],
])("%s: the delimiter is recognised", async (_name, text, delimiter) => {
  const head = await readHead(Buffer.from(text), {}, 5);
  expect(head.delimiter).toBe(delimiter);
  expect(head.headers[0]).toMatch(/^(a|Email)$/);
});

test("a head that ends inside a quoted cell still tells its headers", async () => {
  const head = await readHead(Buffer.from('Email,Note\na@example.com,"an open en'), {}, 5);
  expect(head.headers).toEqual(["Email", "Note"]);
});

test.each([
  ["an empty file", Buffer.alloc(0), "empty"],
  ["nothing but blank lines", Buffer.from("\n\n  \n"), "no header"],
  ["an Excel workbook", Buffer.from("PK\u0003\u0004xxxx"), "Excel workbook"],
  ["a PDF", Buffer.from("%PDF-1.7"), "a PDF"],
  ["random bytes", Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) % 251)), "binary"],
])("%s is refused with its reason", async (_name, bytes, words) => {
  await expect(readHead(bytes, {})).rejects.toThrow(words);
});

test("a character that is cut off at the end of the head does not make UTF-8 something else", () => {
  expect(encodingOf(Buffer.from("Zoë").subarray(0, 3))).toBe("utf-8");
});

test("usual headers are mapped in four languages, each field once", () => {
  expect(suggestMapping(["E-Mail", "First Name", "Ort", "PLZ", "Tags", "Mail", "Notes"])).toEqual({
    "E-Mail": "email",
    "First Name": "firstName",
    Ort: "attrs.city",
    PLZ: "attrs.zip",
    Tags: "tags",
  });
  expect(suggestMapping(["Correo electrónico", "Nombre", "Apellidos", "Teléfono"])).toEqual({
    "Correo electrónico": "email",
    Nombre: "firstName",
    Apellidos: "lastName",
    Teléfono: "phone",
  });
  expect(suggestMapping(["Prénom", "Nom", "Courriel", "Société"])).toEqual({
    Prénom: "firstName",
    Nom: "lastName",
    Courriel: "email",
    Société: "orgName",
  });
  expect(suggestMapping(["Email", "Email"])).toEqual({});
});
