// Merge fields in text: `{{firstName}}`, `{{attrs.city}}`, with a default as `{{firstName|there}}`.
// Finds them, checks their names and keeps their places, so that a mistake is answered with line and column.

/** Built-in contact fields and the columns of contacts.v_contacts that hold them. */
export const contactColumns = {
  email: "email",
  phone: "phone",
  firstName: "first_name",
  lastName: "last_name",
  orgName: "org_name",
  kind: "kind",
  timezone: "timezone",
  stage: "stage",
  externalId: "external_id",
} as const;

/** Fields that the sender fills in for every bulk message. */
export const senderFields = ["unsubscribeUrl", "postalAddress"] as const;

export interface MergeField {
  readonly name: string;
  /** What stands there when the person has no value; undefined means the value is required. */
  readonly fallback: string | undefined;
  /** Where `{{` begins and where the text after `}}` begins. */
  readonly start: number;
  readonly end: number;
}

export interface TemplateMistake {
  /** Which part: subject, html, text, body. */
  readonly path: string;
  readonly message: string;
  /** Line of the source, from 1, where the mistake has a place. */
  readonly line?: number;
  /** The name of a field that does not exist. */
  readonly unknown?: string;
}

/** More mistakes than these help nobody, and finding them all would let a large text keep the process busy. */
const MOST_MISTAKES = 20;
const MOST_SHOWN = 60;
const MOST_NAMES = 30;

const placeOf = (source: string, index: number) => {
  const before = source.slice(0, index);
  const line = before.split("\n").length;
  return { line, words: `line ${line}, column ${index - before.lastIndexOf("\n")}` };
};

const shown = (text: string) => (text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text);

const isKnown = (name: string, extra: ReadonlySet<string>) =>
  Object.hasOwn(contactColumns, name) ||
  (senderFields as readonly string[]).includes(name) ||
  /^attrs\.[\w-]{1,64}$/.test(name) ||
  extra.has(name);

/**
 * The merge fields of a text in order, and what is wrong with it; looks no further after 20 mistakes.
 * `extra` names fields known besides the contact's (a transactional message's own variables).
 */
export const findMergeFields = (
  source: string,
  path: string,
  extra: ReadonlySet<string> = new Set(),
): { readonly fields: readonly MergeField[]; readonly mistakes: readonly TemplateMistake[] } => {
  const fields: MergeField[] = [];
  const mistakes: TemplateMistake[] = [];
  let at = source.indexOf("{{");
  while (at !== -1 && mistakes.length < MOST_MISTAKES) {
    const close = source.indexOf("}}", at + 2);
    const nested = source.indexOf("{{", at + 2);
    if (close === -1 || (nested !== -1 && nested < close)) {
      const { line, words } = placeOf(source, at);
      mistakes.push({
        path,
        line,
        message: `"${source.slice(at, at + 20).split("\n", 1)[0]}" at ${words} opens a merge field that is not closed; write it as {{field}} or {{field|default}}`,
      });
      // Where nothing closes any more, one mistake says it.
      at = close === -1 ? -1 : nested;
      continue;
    }
    const inner = source.slice(at + 2, close);
    const bar = inner.indexOf("|");
    const name = (bar === -1 ? inner : inner.slice(0, bar)).trim();
    if (!isKnown(name, extra)) {
      const known = [...Object.keys(contactColumns), "attrs.<name>", ...senderFields, ...extra];
      const { line, words } = placeOf(source, at);
      mistakes.push({
        path,
        line,
        unknown: shown(name),
        message: `"{{${shown(inner)}}}" at ${words} names the field "${shown(name)}", which does not exist; the fields are ${known.slice(0, MOST_NAMES).map(shown).join(", ")}${known.length > MOST_NAMES ? ", …" : ""}`,
      });
    }
    fields.push({ name, fallback: bar === -1 ? undefined : inner.slice(bar + 1), start: at, end: close + 2 });
    at = source.indexOf("{{", close + 2);
  }
  return { fields, mistakes };
};
