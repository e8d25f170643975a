// `npm start`: brings the whole platform up on this machine as one process tree and takes it down again.
// What goes wrong before that is a sentence, never a stack.
try {
  const { supervise } = await import("./start/supervisor.ts");
  await supervise();
} catch (error) {
  const known = error instanceof Error && ["ConfigError", "StartError"].includes(error.name);
  process.stderr.write(`${known ? error.message : ((error as Error).stack ?? String(error))}\n`);
  process.exit(1);
}

export {};
