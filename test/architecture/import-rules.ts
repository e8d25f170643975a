// Who may touch what: which room may import which, and which package belongs to which room.
import { homes, pureParts, typesStayHome, vendors } from "./homes.ts";
import type { Rule } from "./rule.ts";
import type { Import, Source } from "./source.ts";

const inside = (path: string, folder: string) => (folder.endsWith("/") ? path.startsWith(folder) : path === folder);
const group = (path: string): string | undefined => /^services\/[^/]+\//.exec(path)?.[0];

interface Layer {
  readonly of: (path: string) => boolean;
  /** Folders that it may import from, besides what `own` gives. */
  readonly from: readonly string[];
  readonly own?: (path: string) => string | undefined;
  readonly because: string;
}

/** The first that fits counts. Tests, benches and the top of the project may import anything of it. */
const layers: readonly Layer[] = [
  {
    of: (p) => p.startsWith("shared/contracts/"),
    from: ["shared/contracts/"],
    because: "contracts import nothing of the project but each other",
  },
  {
    of: (p) => p.startsWith("shared/lib/"),
    from: ["shared/lib/"],
    because: "shared/lib holds pure functions and imports nothing else of the project",
  },
  {
    of: (p) => p.startsWith("shared/"),
    from: ["shared/"],
    because: "shared never imports services, gateway, web, scripts or tests",
  },
  {
    of: (p) => p.startsWith("services/"),
    from: ["shared/"],
    own: group,
    because: "a group reaches others by contracts, calls, events and jobs only",
  },
  {
    of: (p) => p.startsWith("gateway/"),
    from: ["gateway/", "shared/", "package.json"],
    because: "the gateway reaches services by calls only",
  },
  {
    of: (p) => p.startsWith("scripts/"),
    from: ["scripts/", "shared/", "package.json"],
    because: "scripts start processes; they do not reach into services",
  },
  {
    of: (p) => p === "web/generate-routes.ts",
    from: ["web/", "shared/contracts/"],
    because: "it writes web code from the contracts",
  },
  {
    of: (p) => p.startsWith("web/"),
    from: ["web/"],
    because: "the web app imports contracts as types only, and nothing else of the project",
  },
];

const allowed = (source: Source, { file, typeOnly }: Import, layer: Layer): boolean => {
  if (!file) return true;
  const own = layer.own?.(source.path);
  if ([...layer.from, ...(own ? [own] : [])].some((folder) => inside(file, folder))) return true;
  return source.path.startsWith("web/") && typeOnly && file.startsWith("shared/contracts/");
};

/** Rooms import only from the rooms that they may know. */
export const layering: Rule = {
  name: "no room imports from a room that it must not know",
  check: (source) => {
    const layer = layers.find(({ of }) => of(source.path));
    if (!layer) return [];
    return source.imports
      .filter((found) => !allowed(source, found, layer))
      .map(({ line, specifier }) => ({ line, message: `imports ${specifier}, but ${layer.because}` }));
  },
};

const atHome = (path: string, { specifier, package: name, typeOnly }: Import): boolean => {
  if (!name || /^test\//.test(path)) return true;
  if (pureParts[specifier]?.includes(path)) return true;
  if (typeOnly && !typesStayHome.has(name)) return true;
  return (homes[name] ?? []).some((home) => inside(path, home));
};

/** Packages are imported at home only. */
export const packagesAtHome: Rule = {
  name: "packages are imported only in the rooms they belong to, vendors only in providers/",
  check: (source) =>
    source.imports
      .filter((found) => !atHome(source.path, found))
      .map(({ line, specifier, package: name = "" }) => ({
        line,
        message: homes[name]
          ? `imports ${specifier}, whose home is ${homes[name].join(", ")}`
          : `imports ${specifier}, which has no home in test/architecture/homes.ts yet`,
      })),
};

/** Homes of vendors that are not in a folder named providers. */
export const vendorsElsewhere = (): string[] =>
  [...vendors].filter((name) => (homes[name] ?? []).some((home) => !home.includes("/providers/")));

/** The environment has one reader. */
export const environment: Rule = {
  name: "only shared/config.ts reads the environment",
  check: ({ path, nodes, imports, lineOf }) => {
    // bootstrap.mjs runs before anything is installed, under whatever Node there is. environment.ts is config.ts's
    // other half: it looks without refusing, so that the doctor can speak about what is wrong.
    if (
      path === "shared/config.ts" ||
      path === "shared/environment.ts" ||
      path === "scripts/bootstrap.mjs" ||
      path.startsWith("test/")
    )
      return [];
    const named = (node: unknown, name: string) => {
      const { type, name: found, value } = (node ?? {}) as { type?: string; name?: unknown; value?: unknown };
      return (type === "Identifier" && found === name) || (type === "Literal" && value === name);
    };
    const read = nodes.filter(
      (node) =>
        (node.type === "MemberExpression" && named(node.object, "process") && named(node.property, "env")) ||
        (node.type === "VariableDeclarator" &&
          named(node.init, "process") &&
          ((node.id as { properties?: { key: unknown }[] }).properties ?? []).some(({ key }) => named(key, "env"))),
    );
    const imported = imports.filter(
      ({ specifier, names }) => /^(node:)?process$/.test(specifier) && names.includes("env"),
    );
    const message = "reads process.env; give shared/config.ts a variable and read it from config";
    return [
      ...read.map((node) => ({ line: lineOf(node), message })),
      ...imported.map(({ line }) => ({ line, message })),
    ];
  },
};
