// The style that a machine can see: lengths, names, opening comments, and what of TypeScript is used.
import type { Rule } from "./rule.ts";
import type { Node, Source } from "./source.ts";

const isTest = (path: string) => path.endsWith(".test.ts");
const fromFile = (check: (source: Source) => string | undefined) => (source: Source) => {
  const message = check(source);
  return message ? [{ line: 1, message }] : [];
};
const everyNode = (wrong: (node: Node, source: Source) => string | undefined) => (source: Source) =>
  source.nodes.flatMap((node) => {
    const message = wrong(node, source);
    return message ? [{ line: source.lineOf(node), message }] : [];
  });

export const fileLength: Rule = {
  name: "a file has at most 300 lines, a test at most 400",
  check: fromFile(({ path, lines }) => {
    const most = isTest(path) ? 400 : 300;
    return lines > most ? `has ${lines} lines, at most ${most} are allowed: split it by noun` : undefined;
  }),
};

const vagueNames = new Set(["utils", "util", "helpers", "helper", "common", "manager", "types", "misc"]);

/** Of a path, not of its text: it looks at every file, also those that are no program. */
export const vagueName = (path: string): string | undefined => {
  const parts = path.split("/").map((part) => part.replace(/(\.test|\.service)?\.\w+$/, ""));
  // test/helpers is the one place where the word is allowed.
  const vague = parts.find(
    (part, index) => vagueNames.has(part) && !(part === "helpers" && parts[0] === "test" && index === 1),
  );
  return vague ? `${path}: "${vague}" says nothing; name the noun that it is about` : undefined;
};

export const fileNames: Rule = {
  name: "files are named in kebab-case by what they are about",
  check: fromFile(({ path }) => {
    const name = path.split("/").at(-1) ?? "";
    if (!/^(\d{4}_)?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/.test(name)) return "is not named in kebab-case";
    return vagueName(path);
  }),
};

export const openingComment: Rule = {
  name: "a file opens with one to five lines that say what it is for",
  check: fromFile(({ openingLines }) => {
    if (openingLines === 0) return "opens with code: say first what it is for and what it guarantees";
    return openingLines > 5 ? `opens with ${openingLines} lines of comment, at most 5 are allowed` : undefined;
  }),
};

const mayDefault = (path: string) =>
  path.endsWith(".service.ts") || path === ".railway/railway.ts" || /(^|\/)[a-z]+\.config\.ts$/.test(path);

export const noDefaultExport: Rule = {
  name: "only service schemas and configuration are default exports",
  check: everyNode((node, { path }) => {
    if (mayDefault(path)) return undefined;
    const specifiers = (node.specifiers ?? []) as readonly { exported?: { name?: string } }[];
    const named =
      node.type === "ExportNamedDeclaration" && specifiers.some(({ exported }) => exported?.name === "default");
    return named || node.type === "ExportDefaultDeclaration" ? "exports a default; export it by its name" : undefined;
  }),
};

/** The linter's own mark, with its reason, on the line above. */
const markedBorder = (node: Node, { text, lineOf }: Source): boolean =>
  /biome-ignore lint\/suspicious\/noExplicitAny: \S/.test(text.split("\n")[lineOf(node) - 2] ?? "");

const unwanted: Readonly<Record<string, string>> = {
  TSAnyKeyword: "uses any; use unknown and narrow it, or mark the border and say why",
  TSEnumDeclaration: "declares an enum; use a union of texts",
  TSParameterProperty: "declares a parameter property; assign it in the constructor",
};

export const erasable: Rule = {
  name: "no any but at a marked border, no enum, no parameter property",
  check: everyNode((node, source) =>
    node.type === "TSAnyKeyword" && markedBorder(node, source) ? undefined : unwanted[node.type],
  ),
};

const called = (node: Node, object: string, method: string): boolean => {
  const callee = node.callee as { type?: string; object?: { name?: string }; property?: { name?: string } } | undefined;
  return node.type === "CallExpression" && callee?.object?.name === object && callee.property?.name === method;
};

export const injectedTime: Rule = {
  name: "services take the time and ids from deps",
  check: everyNode((node, { path }) => {
    if (!path.startsWith("services/")) return undefined;
    const now =
      node.type === "NewExpression" &&
      (node.callee as { name?: string }).name === "Date" &&
      (node.arguments as []).length === 0;
    if (now || called(node, "Date", "now")) return "reads the machine's clock; use deps.clock";
    return (node.callee as { name?: string } | undefined)?.name === "randomUUID"
      ? "makes an id by itself; use deps.id"
      : undefined;
  }),
};
