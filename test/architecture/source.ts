// Reads a source file into what the rules look at: its syntax tree, its imports and its comments.
// Parsed by the same parser that builds the web app, so that strings and comments never look like code.
import { dirname, posix } from "node:path";
import { parseSync } from "vite";

/** A node of the ESTree, with TypeScript's own kinds. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** One `import`, `export … from`, `import()` or `require()`. */
export interface Import {
  readonly specifier: string;
  /** The imported file's path in the project; undefined for packages and Node's own modules. */
  readonly file: string | undefined;
  /** The package's name without its subpath; undefined for files and Node's own modules. */
  readonly package: string | undefined;
  /** True when nothing of it is left at run time. */
  readonly typeOnly: boolean;
  /** Names as the other file exports them. */
  readonly names: readonly string[];
  readonly line: number;
}

export interface Source {
  /** From the top of the project, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly nodes: readonly Node[];
  readonly imports: readonly Import[];
  /** Lines of the comment that the file opens with; 0 when it opens with code. */
  readonly openingLines: number;
  readonly lineOf: (node: Node) => number;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";

function* everyNode(node: Node): Generator<Node> {
  yield node;
  for (const value of Object.values(node))
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) yield* everyNode(item);
    } else if (isNode(value)) yield* everyNode(value);
}

const packageOf = (specifier: string): string | undefined => {
  if (specifier.startsWith(".") || specifier.startsWith("node:")) return undefined;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
};

/** The specifier, when the node takes something from another module. */
const specifierOf = (node: Node): Node | undefined => {
  const isRequire =
    node.type === "CallExpression" &&
    isNode(node.callee) &&
    node.callee.type === "Identifier" &&
    node.callee.name === "require";
  const from = isRequire ? (node.arguments as readonly unknown[])[0] : (node.source ?? node.argument);
  const kinds = [
    "ImportDeclaration",
    "ExportNamedDeclaration",
    "ExportAllDeclaration",
    "ImportExpression",
    "TSImportType",
  ];
  if (!isRequire && !kinds.includes(node.type)) return undefined;
  return isNode(from) && from.type === "Literal" ? from : undefined;
};

const exportedName = (specifier: unknown): string => {
  if (!isNode(specifier)) return "*";
  if (specifier.type === "ImportDefaultSpecifier") return "default";
  const named = specifier.imported ?? specifier.local;
  return specifier.type === "ImportNamespaceSpecifier" || !isNode(named) ? "*" : String(named.name ?? named.value);
};

/** Lines of the first comment; lines that start with `//` one after the other count as one comment. */
const openingLines = (text: string): number => {
  const code = text.replace(/^#!.*\n/, "");
  const block = /^\s*\/\*[\s\S]*?\*\//.exec(code)?.[0];
  return block ? block.trim().split("\n").length : (/^(\/\/.*\n)+/.exec(code)?.[0].split("\n").length ?? 1) - 1;
};

/** Reads a file's text. Throws when it cannot be parsed. */
export const readSource = (path: string, text: string): Source => {
  const { program, errors } = parseSync(path, text);
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`);
  const nodes = [...everyNode(program as unknown as Node)];
  const lineOf = (node: Node) => text.slice(0, node.start).split("\n").length;
  const imports = nodes.flatMap((node): Import[] => {
    const from = specifierOf(node);
    if (!from) return [];
    const specifier = String(from.value);
    return [
      {
        specifier,
        file: specifier.startsWith(".") ? posix.join(dirname(path), specifier) : undefined,
        package: packageOf(specifier),
        typeOnly: node.importKind === "type" || node.exportKind === "type" || node.type === "TSImportType",
        names: Array.isArray(node.specifiers) ? node.specifiers.map(exportedName) : ["*"],
        line: lineOf(node),
      },
    ];
  });
  const lines = text.replace(/\n$/, "").split("\n").length;
  return { path, text, lines, nodes, imports, openingLines: openingLines(text), lineOf };
};

/** A name, also of `a.b.name`; undefined for anything else. */
export const lastName = (node: unknown): string | undefined => {
  if (!isNode(node)) return undefined;
  if (node.type === "Identifier") return String(node.name);
  if (node.type !== "MemberExpression") return undefined;
  return node.computed ? undefined : lastName(node.property);
};

/** A literal text; holes of a template become `?`, or the text of the constant they name in the same file. */
export const textOf = (node: unknown, constants: ReadonlyMap<string, string> = new Map()): string | undefined => {
  if (!isNode(node)) return undefined;
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : undefined;
  if (node.type !== "TemplateLiteral") return undefined;
  const holes = node.expressions as readonly Node[];
  return (node.quasis as readonly { value: { cooked: string } }[])
    .map(
      ({ value }, index) => value.cooked + (holes[index] ? (constants.get(lastName(holes[index]) ?? "") ?? "?") : ""),
    )
    .join("");
};

/** Constants of a file that hold a text, by name. */
export const textConstants = (source: Source): ReadonlyMap<string, string> =>
  new Map(
    source.nodes.flatMap((node) => {
      const text = node.type === "VariableDeclarator" ? textOf(node.init) : undefined;
      const name = lastName(node.id);
      return text !== undefined && name ? [[name, text] as const] : [];
    }),
  );
