// The generated part of the documents: complete, up to date, and true to the code it is made from.
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { describe, expect, it } from "vitest";
import { commands } from "../../scripts/docs/commands.ts";
import { developmentReasons, runTimeReasons } from "../../scripts/docs/dependencies.ts";
import { envExample } from "../../scripts/docs/env-example.ts";
import { generatedFiles } from "../../scripts/docs/generated-files.ts";
import { fillMarkers, groupColumns, variablesTable } from "../../scripts/docs/readme-tables.ts";
import { type Variable, variables } from "../../shared/variables.ts";

const root = resolve(import.meta.dirname, "../..");
const text = (path: string) => readFileSync(join(root, path), "utf8");
const manifest = JSON.parse(text("package.json")) as Record<
  "dependencies" | "devDependencies" | "scripts",
  Record<string, string>
>;

describe("the generated documents", () => {
  it("are up to date (otherwise: npm run docs)", () => {
    for (const file of generatedFiles(root)) expect(text(file.path), file.path).toBe(file.text);
  });

  it("give a reason for every package, and for none that is not installed", () => {
    expect(Object.keys(runTimeReasons).sort()).toEqual(Object.keys(manifest.dependencies).sort());
    const untyped = Object.keys(manifest.devDependencies).filter((name) => !name.startsWith("@types/"));
    expect(Object.keys(developmentReasons).sort()).toEqual(untyped.sort());
  });

  it("explain every script of package.json, and none that is gone", () => {
    expect(Object.keys(commands).sort()).toEqual(Object.keys(manifest.scripts).sort());
  });

  it("name only groups that the table of variables has a column for", () => {
    const named = new Set(variables.flatMap(({ groups }) => groups).filter((group) => group !== "all"));
    expect([...named].filter((group) => !groupColumns.some((column) => column === group))).toEqual([]);
  });

  it("name only commands that exist", () => {
    const named = [...text("README.md").matchAll(/npm run ([a-z][a-z:]*)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => !(name in manifest.scripts))).toEqual([]);
  });

  it("link only to files and headings that exist", () => {
    const readme = text("README.md");
    const linked = [...readme.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, target = ""]) => target);
    const headings = [...readme.matchAll(/^## (.+)$/gm)].map(
      ([, name = ""]) => `#${name.toLowerCase().replaceAll(" ", "-")}`,
    );
    expect(linked.filter((target) => !headings.includes(target) && !existsSync(join(root, target)))).toEqual([]);
  });

  it("name only files and folders that exist", () => {
    const named = [...text("README.md").matchAll(/`((?:gateway|scripts|services|shared|test|web)\/[\w./-]+)`/g)];
    const gone = named
      .map(([, path = ""]) => path)
      .filter((path) => !path.startsWith("web/dist") && !existsSync(join(root, path)));
    expect(gone).toEqual([]);
  });
});

describe(".env.example", () => {
  it("changes nothing as it stands, and holds values that the platform accepts once uncommented", () => {
    const file = envExample(variables);
    expect(parseEnv(file)).toEqual({});
    const values = parseEnv(file.replace(/^# ([A-Z][A-Z0-9_]*=)/gm, "$1"));
    expect(Object.keys(values).sort()).toEqual(variables.map(({ name }) => name).sort());
    for (const { name, fallback, example, refuse } of variables) {
      const value = fallback ?? example ?? "";
      expect(values[name]).toBe(value);
      if (value !== "") expect(refuse?.(value)).toBeUndefined();
    }
  });
});

describe("the tables", () => {
  const variable: Variable = { name: "LC_ONE", meaning: "One | other", groups: ["email"], fallback: "1" };

  it("mark the groups of a variable, and for `all` every one that runs the platform", () => {
    const [, , email, all] = variablesTable([variable, { ...variable, groups: ["all"] }]).split("\n");
    expect(email).toBe("| `LC_ONE` | One \\| other | `1` |  |  |  |  | ● |  |  |  |");
    expect(all?.match(/●/g)).toHaveLength(groupColumns.length - 1);
  });

  it("replace what is between their markers and nothing else, and miss a marker that is gone", () => {
    const page = "a\n<!-- generated: one -->\nold\n<!-- end -->\nb\n";
    expect(fillMarkers(page, { one: "new" })).toBe("a\n<!-- generated: one -->\nnew\n<!-- end -->\nb\n");
    expect(() => fillMarkers(page, { two: "new" })).toThrow("<!-- generated: two -->");
  });
});
