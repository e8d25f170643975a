// The files of a checkout, and which of them a program reaches through its imports. Checks of the deployment look at a
// tree and not at the disk, so that a test can hand them one with a file missing.
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

export interface Tree {
  /** Paths from the top of the checkout, with slashes, without what is installed, built or private. */
  readonly files: ReadonlySet<string>;
  /** The text of a file. Throws when the tree does not have it. */
  readonly read: (path: string) => string;
}

const made = new Set(["node_modules", "dist", ".git", ".data", "coverage"]);

const filesBelow = (root: string, folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !made.has(name) && !/^\.env$|\.log$/.test(name))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(root, path) : [path];
    });

/** Reads which files stand in the checkout at `root`. */
export const treeAt = (root: string): Tree => {
  const files = new Set(filesBelow(root, ""));
  return {
    files,
    read: (path) => {
      if (!files.has(path)) throw new Error(`${path} does not exist in ${root}`);
      return readFileSync(join(root, path), "utf8");
    },
  };
};

// An import of types alone leaves nothing behind at run time. A worker is named by its address.
const runTimeImports = [
  /^[ \t]*(?:import|export)\b(?!\s+type\b)[^;'"`]*?\bfrom\s*["'](\.[^"']+)["']/gm,
  /^[ \t]*import\s*["'](\.[^"']+)["']/gm,
  /\bimport\(\s*["'](\.[^"']+)["']/g,
  /\bnew URL\(\s*["'](\.[^"']+\.ts)["']\s*,\s*import\.meta\.url/g,
];

/** The project's own files that a program text imports at run time, from the top of the checkout. */
export const importsOf = (path: string, text: string): readonly string[] => {
  const found = runTimeImports.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name]) => name ?? ""));
  return [...new Set(found.map((name) => posix.join(posix.dirname(path), name)))].sort();
};

const known = new WeakMap<Tree, Map<string, readonly string[]>>();

const importsIn = (tree: Tree, path: string): readonly string[] => {
  const ofTree = known.get(tree) ?? new Map<string, readonly string[]>();
  known.set(tree, ofTree);
  const found = ofTree.get(path) ?? (/\.(ts|tsx|mjs)$/.test(path) ? importsOf(path, tree.read(path)) : []);
  ofTree.set(path, found);
  return found;
};

/** Every file that these files reach, themselves included. Throws when an import leads nowhere. */
export const reachedFrom = (tree: Tree, entries: readonly string[]): ReadonlySet<string> => {
  const reached = new Set<string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    waiting.push(...importsIn(tree, path));
  }
  return reached;
};

/** The files of a folder that hold services. */
export const serviceFilesIn = (tree: Tree, folder: string): readonly string[] =>
  [...tree.files].filter((path) => path.startsWith(`${folder}/`) && path.endsWith(".service.ts")).sort();
