// `npm start`: brings the whole platform up on this machine as one process tree and takes it down again.
// What goes wrong before that is a sentence, never a stack.
try {
  const [argument] = process.argv.slice(2);
  if (argument !== undefined) {
    const { StartError } = await import("./start/say.ts");
    throw new StartError(
      `npm start takes no arguments, found "${argument}": it is set up by variables, as in \`PORT=4000 npm start\`. README.md and .env.example list them.`,
    );
  }
  const { supervise } = await import("./start/supervisor.ts");
  await supervise();
} catch (error) {
  const known = error instanceof Error && ["ConfigError", "StartError"].includes(error.name);
  process.stderr.write(`${known ? error.message : ((error as Error).stack ?? String(error))}\n`);
  process.exit(1);
}

export {};
