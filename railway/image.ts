// What railway/Dockerfile puts into the image, read from its text: there is no engine in the tests to build it with.
import { posix } from "node:path";
import type { Tree } from "./tree.ts";

export interface Stage {
  readonly from: string;
  /** What it copies out of the checkout, from the top, and to where below the working folder. */
  readonly copies: readonly { readonly source: string; readonly target: string }[];
  readonly user: string | undefined;
  readonly command: readonly string[];
}

/** Reads the stages of a Dockerfile, in order; the last one is the image. */
export const stagesOf = (dockerfile: string): readonly Stage[] => {
  const lines = dockerfile.replaceAll("\\\n", " ").split("\n");
  const starts = lines.flatMap((line, index) => (/^FROM\s/.test(line) ? [index] : []));
  return starts.map((start, index) => {
    const own = lines.slice(start, starts[index + 1]);
    const words = (name: string) =>
      own.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length).trim());
    return {
      from: words("FROM")[0]?.split(/\s+/)[0] ?? "",
      copies: words("COPY")
        .filter((text) => !text.startsWith("--from"))
        .flatMap((text) => {
          const paths = text.split(/\s+/);
          const target = paths.at(-1) ?? ".";
          return paths.slice(0, -1).map((source) => ({
            source,
            target: target.endsWith("/") ? posix.join(target, posix.basename(source)) : target,
          }));
        }),
      user: words("USER").at(-1),
      command: JSON.parse(words("CMD").at(-1) ?? "[]") as string[],
    };
  });
};

const inside = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

/** The files of the checkout that the image holds. */
export const filesInImage = (tree: Tree, image: Stage): ReadonlySet<string> =>
  new Set(
    [...tree.files].filter((path) =>
      image.copies.some(({ source, target }) => inside(path, source) && posix.normalize(target) === source),
    ),
  );

/** Whether .dockerignore keeps a path out: the patterns of ours are names, `**`-anywhere ones, and `!` for exceptions. */
export const isIgnored = (dockerignore: string, path: string): boolean =>
  dockerignore
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith("#"))
    .reduce((ignored, line) => {
      const pattern = line.replace(/^!/, "");
      const anywhere = pattern.startsWith("**/");
      const name = new RegExp(
        `^${pattern
          .replace("**/", "")
          .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
          .replaceAll("*", "[^/]*")}$`,
      );
      const parts = path.split("/");
      const hit = anywhere
        ? parts.some((part) => name.test(part))
        : parts.some((_, index) => name.test(parts.slice(0, index + 1).join("/")));
      return hit ? !line.startsWith("!") : ignored;
    }, false);
