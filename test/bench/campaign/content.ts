// The mail of the campaign benchmark, the same for everybody who sends it: more than 2.5 kB of HTML, a text part, three links
// to track, and names that are not ASCII. Merge fields are written the way the platform writes them.

export interface Recipient {
  readonly email: string;
  readonly firstName: string;
  readonly city: string;
}

const names = [
  "Zoë",
  "Jürgen",
  "Åsa",
  "Łukasz",
  "François",
  "Čeněk",
  "María José",
  "Đorđe",
  "明美",
  "Ольга",
  "O'Brien & Söhne",
];
const cities = ["Köln", "Malmö", "Łódź", "Besançon", "São Paulo", "京都"];

/** The recipient with that number; the same one every time. */
export const recipient = (i: number): Recipient => ({
  email: `person${i}@example.com`,
  firstName: `${names[i % names.length]} ${i}`,
  city: cities[i % cities.length] ?? "",
});

/** The number of the recipient with that address, or undefined when it is none of ours. */
export const recipientNumber = (address: string): number | undefined => {
  const match = /^person(\d+)@example\.com$/.exec(address);
  return match ? Number(match[1]) : undefined;
};

export const from = { name: "Lernzentrum Köln", address: "hallo@example.org" };
export const postalAddress = "Lernzentrum, Große Straße 1, 50667 Köln";
export const subject = "Grüße aus dem Lernzentrum, {{firstName}}";
/** What the subject starts with once it is decoded. */
export const subjectStart = "Grüße aus dem Lernzentrum, ";

export const destinations = [
  "https://example.org/kurse?herbst=1&ort=innenstadt",
  "https://example.org/termine/offene-tuer",
  "https://example.org/anmeldung?quelle=brief&sprache=de",
] as const;

const paragraph = (text: string) =>
  `<p style="margin:0 0 16px;font:16px/1.5 Georgia,serif;color:#222222">${text}</p>\n`;
const button = (href: string, text: string) =>
  `<p style="margin:24px 0"><a href="${href.replaceAll("&", "&amp;")}" style="background:#1a4d8f;color:#ffffff;padding:12px 24px;border-radius:4px;text-decoration:none">${text}</a></p>\n`;

const sentences = [
  "der Herbst beginnt, und mit ihm unser neues Programm: Sprachkurse für Anfänger und Fortgeschrittene, Nachhilfe in Mathematik und Physik, und zum ersten Mal ein Kurs über künstliche Intelligenz für Eltern, die verstehen möchten, womit ihre Kinder umgehen.",
  "Alle Kurse finden in kleinen Gruppen von höchstens acht Personen statt. Wer möchte, kann vor der Anmeldung eine Stunde kostenlos besuchen und die Lehrerin oder den Lehrer kennenlernen.",
  "Am letzten Samstag im September öffnen wir unsere Türen: Es gibt Führungen durch die Räume, Gespräche mit den Lehrkräften und für die Jüngeren ein Experiment, bei dem garantiert etwas übersprudelt.",
  "Neu im Programm ist außerdem eine Lesegruppe, die sich jeden zweiten Donnerstag trifft, Bücher aus aller Welt bespricht und dabei die Übersetzungen mit dem Original vergleicht; Vorkenntnisse braucht niemand, nur Neugier und ein wenig Zeit.",
  "Die Plätze werden in der Reihenfolge der Anmeldung vergeben. Für Familien mit mehreren Kindern gibt es einen Nachlass, und das Bildungspaket nehmen wir selbstverständlich gerne an; die Formulare füllen wir gemeinsam mit Ihnen aus.",
];

/** HTML with merge fields and plain links. */
export const html = `<!doctype html>
<html lang="de"><head><meta charset="utf-8"><title>Lernzentrum</title></head>
<body style="margin:0;background:#f4f4f0"><div style="max-width:600px;margin:0 auto;padding:24px;background:#ffffff">
<h1 style="font:28px/1.2 Georgia,serif;color:#1a4d8f">Hallo {{firstName}}!</h1>
${paragraph(`Liebe Freundinnen und Freunde in {{attrs.city}}, ${sentences[0]}`)}${button(destinations[0], "Zu den Kursen")}${paragraph(sentences[1] ?? "")}${paragraph(sentences[2] ?? "")}${button(destinations[1], "Tag der offenen Tür")}${paragraph(sentences[3] ?? "")}${paragraph(sentences[4] ?? "")}${button(destinations[2], "Jetzt anmelden")}${paragraph("Herzliche Grüße<br>Ihr Lernzentrum")}</div></body></html>
`;

/** Text part with merge fields. */
export const text = `Hallo {{firstName}}!\n\nLiebe Freundinnen und Freunde in {{attrs.city}}, ${sentences.join("\n\n")}\n\nHerzliche Grüße\nIhr Lernzentrum\n`;
