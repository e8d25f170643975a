// One Postgres, each schema with one owner: where SQL may stand, and which tables it may name.
import type { Finding, Rule } from "./rule.ts";
import { lastName, type Node, type Source, textConstants, textOf } from "./source.ts";

const rooms = [
  /^shared\/(db|jobs|messaging|consent|backup)\//,
  /^services\/(.+\/)?store\.ts$/,
  /^gateway\/(.+\/)?([a-z-]+-)?store\.ts$/,
];
const outside = (path: string) => !/^(gateway|services|shared)\//.test(path);
/** They make texts that stores bind, and run nothing. */
const writesTextOnly = new Set(["shared/lib/segment-sql.ts", "shared/lib/segment-rule.ts", "shared/lib/scope.ts"]);
const inRoom = (path: string) => outside(path) || rooms.some((room) => room.test(path));

const pools = new Set(["db", "trx", "sql", "knex", "pool"]);
/** A use case may begin and end a transaction; these are a store's. */
const statements = new Set([
  "raw",
  "select",
  "insert",
  "update",
  "delete",
  "del",
  "from",
  "into",
  "where",
  "with",
  "table",
  "batchInsert",
  "schema",
  "first",
  "count",
]);
const schemas = ["contacts", "consent", "campaigns", "messaging", "jobs", "scheduler", "accounts", "backups"] as const;
const anySchema = schemas.join("|");
const statement = new RegExp(
  `^\\s*(with\\s+\\w+\\s+as\\s*\\(|select\\s[\\s\\S]+\\sfrom\\s|insert\\s+into\\s|update\\s+[\\w."]+\\s+(as\\s+)?(\\w+\\s+)?set\\s|delete\\s+from\\s|truncate\\s|(create|alter|drop)\\s+(table|schema|index|view|type|function)\\s)` +
    `|\\b(from|join|into|update|using)\\s+(only\\s+)?(${anySchema})\\.\\w`,
);
/** Keywords are written small or in capitals throughout; "Select a contact" is a sentence. */
const isStatement = (text: string) => statement.test(/^\s*[A-Z]{4,}\s/.test(text) ? text.toLowerCase() : text);

const literals = (source: Source): { node: Node; text: string }[] => {
  const constants = textConstants(source);
  return source.nodes.flatMap((node) => {
    const text = textOf(node, constants);
    return text === undefined ? [] : [{ node, text }];
  });
};

const runsStatement = (node: Node): boolean => {
  if (node.type !== "CallExpression") return false;
  const callee = node.callee as Node;
  if (pools.has(lastName(callee) ?? "")) return textOf((node.arguments as readonly unknown[])[0]) !== undefined;
  if (callee.type !== "MemberExpression") return false;
  return statements.has(lastName(callee) ?? "") && pools.has(lastName(callee.object) ?? "");
};

/** SQL is written and run in the rooms for it. */
export const sqlRooms: Rule = {
  name: "SQL stands only in shared/{db,jobs,messaging,consent,backup} and in stores",
  check: (source) => {
    if (inRoom(source.path)) return [];
    const { nodes, imports, lineOf, path } = source;
    const texts = writesTextOnly.has(path) ? [] : literals(source).filter(({ text }) => isStatement(text));
    const taken = imports.filter(
      ({ file, names, typeOnly }) =>
        !typeOnly &&
        file === "shared/db/knex.ts" &&
        (names.includes("query") || (names.includes("connectPostgres") && path !== "shared/broker/deps.ts")),
    );
    return [
      ...texts.map(({ node }) => ({ line: lineOf(node), message: "writes SQL; it belongs into a store.ts" })),
      ...nodes
        .filter(runsStatement)
        .map((node) => ({ line: lineOf(node), message: "runs SQL; it belongs into a store.ts" })),
      ...taken.map(({ line }) => ({ line, message: "takes the means to run SQL; they belong into a store.ts" })),
    ];
  },
};

const owners: Readonly<Record<(typeof schemas)[number], string>> = {
  contacts: "services/contacts/",
  campaigns: "services/campaigns/",
  scheduler: "services/scheduler/",
  accounts: "gateway/",
  messaging: "shared/messaging/",
  jobs: "shared/jobs/",
  consent: "shared/consent/",
  backups: "shared/backup/",
};
const isSchema = (name: string): name is keyof typeof owners => name in owners;

const wanted = (schema: string) => (isSchema(schema) ? owners[schema] : "nobody");
const foreign = (path: string, schema: string) => !path.startsWith(wanted(schema)) && !path.startsWith("shared/db/");
/** The shared rooms are one layer: they may read each other's tables in one statement, never write them. */
const sharedReader = (path: string, schema: string) =>
  path.startsWith("shared/") && wanted(schema).startsWith("shared/");

const tables = (pattern: string, text: string) =>
  [...text.matchAll(new RegExp(`\\b(?:${pattern})\\s+(?:only\\s+)?(${anySchema})\\.(\\w+)`, "gi"))].map(
    ([, schema = "", table = ""]) => ({ schema: schema.toLowerCase(), table }),
  );

const inText = (path: string, text: string, line: number): Finding[] => [
  ...tables("insert\\s+into|update|delete\\s+from|truncate(?:\\s+table)?|merge\\s+into", text)
    .filter(({ schema }) => foreign(path, schema))
    .map(({ schema, table }) => ({ line, message: `writes ${schema}.${table}, which only ${wanted(schema)} may` })),
  ...tables("(?<!delete\\s+)from|join|using", text)
    .filter(({ schema, table }) => !table.startsWith("v_") && foreign(path, schema) && !sharedReader(path, schema))
    .map(({ schema, table }) => ({
      line,
      message: `reads ${schema}.${table} of ${wanted(schema)}; read a view ${schema}.v_…`,
    })),
];

/** A knex builder call names its table as a text: `trx("contacts.tags")`. It may write, so it counts as writing. */
const inBuilder = (path: string, node: Node): string | undefined => {
  if (node.type !== "CallExpression" || !pools.has(lastName(node.callee) ?? "")) return undefined;
  const [schema = "", table = ""] = (textOf((node.arguments as readonly unknown[])[0]) ?? "").split(/[.\s]/);
  return isSchema(schema) && !table.startsWith("v_") && foreign(path, schema) ? `${schema}.${table}` : undefined;
};

/** A schema is written by its owner alone; others read its views. */
export const schemaOwners: Rule = {
  name: "a schema is written only by its owner, and others read only its views",
  check: (source) => {
    const { path, nodes, lineOf } = source;
    if (outside(path)) return [];
    return [
      ...literals(source).flatMap(({ node, text }) => inText(path, text, lineOf(node))),
      ...nodes.flatMap((node) => {
        const table = inBuilder(path, node);
        return table ? [{ line: lineOf(node), message: `uses ${table}, which is not its own` }] : [];
      }),
    ];
  },
};
