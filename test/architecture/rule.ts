// What a rule of the house is: a name, and a check of one file that answers with what is wrong in it, line by line.
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readSource, type Source } from "./source.ts";

export interface Finding {
  readonly line: number;
  readonly message: string;
}

export interface Rule {
  /** Reads as the sentence that the test reports. */
  readonly name: string;
  readonly check: (source: Source) => readonly Finding[];
}

export const root = resolve(import.meta.dirname, "../..");

const made = new Set(["node_modules", "dist", ".git", ".data", "coverage"]);

/** Paths of all files of the project, from its top, without what is installed or built. */
export const projectFiles = (folder = ""): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !made.has(entry.name))
    .flatMap((entry) => {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      return entry.isDirectory() ? projectFiles(path) : [path];
    })
    .sort();

/** What package.json installs. */
export const manifest = () =>
  JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly version: string;
    readonly dependencies: Readonly<Record<string, string>>;
    readonly devDependencies: Readonly<Record<string, string>>;
  };

/** Every program text of the project, read once. */
export const projectSources = (): readonly Source[] =>
  projectFiles()
    .filter((path) => /\.(ts|tsx|mjs|js)$/.test(path))
    .map((path) => readSource(path, readFileSync(join(root, path), "utf8")));

/** What the rule finds, each as `file:line: message`. */
export const findings = (rule: Rule, sources: readonly Source[]): string[] =>
  sources.flatMap((source) => rule.check(source).map(({ line, message }) => `${source.path}:${line}: ${message}`));

/** What the rule finds in a text that stands at a path of the project. */
export const findingsIn = (rule: Rule, path: string, text: string): string[] =>
  findings(rule, [readSource(path, text)]);
