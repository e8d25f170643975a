// `npm run restore`: lists and checks backups, and restores one. What goes wrong is a sentence; nothing is changed then.
try {
  const { restoreCommand } = await import("./restore/command.ts");
  process.exitCode = await restoreCommand(process.argv.slice(2));
} catch (error) {
  const { name, message, stack } = error as Error;
  const known = ["BackupError", "ConfigError", "StartError"].includes(name);
  process.stderr.write(`${known ? message : (stack ?? message)}\n`);
  process.exitCode = 1;
}

export {};
