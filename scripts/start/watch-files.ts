// For `npm run dev`: which app processes must start anew when a file changes. A group's file concerns the process of that
// group, a shared one all of them. Changes within a moment count as one.
import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import type { AppProcess } from "./groups.ts";

const settleMs = 300;
const watched = ["gateway", "services", "shared"] as const;

/** Names of the processes that a changed file, by its path in the repository, concerns. */
export const concerned = (plan: readonly AppProcess[], path: string): string[] => {
  if (!path.endsWith(".ts")) return [];
  const own = plan.filter(({ folders }) => folders.some((folder) => path.startsWith(`${folder}/`)));
  return (path.startsWith("shared/") ? plan : own).map(({ name }) => name);
};

/** Calls `restart` with the names of the processes to start anew. The answer ends it. */
export const watchFiles = (
  root: string,
  plan: readonly AppProcess[],
  restart: (names: readonly string[], path: string) => void,
): (() => void) => {
  const waiting = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const changed = (path: string) => {
    const names = concerned(plan, path);
    if (names.length === 0) return;
    for (const name of names) waiting.add(name);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const all = [...waiting];
      waiting.clear();
      restart(all, path);
    }, settleMs);
  };
  const watchers: FSWatcher[] = watched.map((folder) =>
    watch(join(root, folder), { recursive: true }, (_event, file) => {
      if (file !== null) changed(`${folder}/${file}`);
    }),
  );
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
};
