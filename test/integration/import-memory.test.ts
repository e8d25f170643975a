// What is remembered of imports: how a file was read, by all its columns or one by one; never its consent.
import iconv from "iconv-lite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inspectFile } from "../../services/contacts/imports/inspect-file.ts";
import { upload } from "../helpers/import-runs.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

let at: TestDeps;
beforeAll(async () => {
  at = await useCaseDeps();
});
afterAll(() => at.close());
const inspect = (file: Buffer | string) => inspectFile(at.deps, { head: Buffer.from(file).toString("base64") });

test("a file with the same columns is read as the last one was, whatever their order and capitals, but without its consent", async () => {
  const mapping = { "Kontakt A": "email", Ort: "attrs.home", Notiz: "attrs.note" };
  const options = { dedupe: "skip", country: "DE", consent: { channels: ["email"], basis: "form", source: "list" } };
  await upload(at.deps, "Kontakt A,Ort,Notiz,Email\na@x.example,Bonn,x,\n", { mapping, options });
  const found = await inspect("ort,NOTIZ,Email,Kontakt A\nUlm,,,b@x.example\n");
  expect(found.mapping).toEqual({ ort: "attrs.home", NOTIZ: "attrs.note", "Kontakt A": "email" });
  expect(found.remembered).toEqual({
    fileName: "people.csv",
    at: expect.any(String),
    options: { dedupe: "skip", country: "DE" },
  });
});

test("encoding and delimiter that a person chose come back, although the bytes say otherwise", async () => {
  // Looks like commas at first sight; and one that is valid UTF-8 by accident.
  const bytes = iconv.encode("Wer;Größe, Gewicht\nc@x.example;1,8\n", "windows-1252");
  const options = { encoding: "windows-1252", delimiter: ";" };
  await upload(at.deps, bytes, { mapping: { Wer: "email", "Größe, Gewicht": "attrs.size" }, options });
  const found = await inspect(iconv.encode("Wer;Größe, Gewicht\nd@x.example;1,7\n", "windows-1252"));
  expect(found).toMatchObject({
    encoding: "windows-1252",
    delimiter: ";",
    headers: ["Wer", "Größe, Gewicht"],
    sample: [["d@x.example", "1,7"]],
    mapping: { Wer: "email", "Größe, Gewicht": "attrs.size" },
  });
});

test("in another file, single columns go where they went last time, also when that was nowhere", async () => {
  const found = await inspect("Kontakt A,Email,Vorname,Ort\ne@x.example,,Eva,Trier\n");
  expect(found.remembered).toBeNull();
  expect(found.mapping).toEqual({ "Kontakt A": "email", Vorname: "firstName", Ort: "attrs.home" });
});

test("the last mapping counts", async () => {
  await upload(at.deps, "Kontakt A,Ort,Notiz,Email\na@x.example,Bonn,x,b@x.example\n", { mapping: { Email: "email" } });
  expect((await inspect("Kontakt A,Ort,Notiz,Email\n")).mapping).toEqual({ Email: "email" });
});
