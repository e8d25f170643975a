// What the restore command is asked to do.
import { parseArgs } from "node:util";
import { BackupError } from "../../shared/backup/backup-error.ts";
import { wordsOf } from "../../shared/lib/connection-trouble.ts";

export interface RestoreCommand {
  readonly act: "help" | "list" | "verify" | "key" | "restore";
  /** A file, a name of the list, or `latest`. */
  readonly from: string;
  readonly yes: boolean;
  readonly resume: boolean;
  /** The name of the database whose content may go. */
  readonly replace: string | undefined;
}

export const usage = `npm run restore -- --list                    what there is
npm run restore -- --verify                  reads the newest backup through, without a database
npm run restore -- --yes                     restores the newest one into an empty system
  --from <file or name>     another one than the newest
  --replace <database>      the system is not empty: wipe what is in the database of this name
  --resume                  nothing was sent after the backup: campaigns go on by themselves
npm run restore -- --key                     prints the key of backups, for the program age. Secret
`;

/** Reads the command line. Throws BackupError with the usage. */
export const readOptions = (args: readonly string[]): RestoreCommand => {
  const read = () => {
    try {
      return parseArgs({
        args: [...args],
        options: {
          from: { type: "string", default: "latest" },
          list: { type: "boolean", default: false },
          verify: { type: "boolean", default: false },
          key: { type: "boolean", default: false },
          yes: { type: "boolean", default: false },
          resume: { type: "boolean", default: false },
          replace: { type: "string" },
          help: { type: "boolean", short: "h", default: false },
        },
      }).values;
    } catch (error) {
      throw new BackupError(`${wordsOf(error)}\n\n${usage}`);
    }
  };
  const { help, list, verify, key, from, yes, resume, replace } = read();
  const acts = (["help", "list", "verify", "key"] as const).filter((act) => ({ help, list, verify, key })[act]);
  if (acts.length > 1) throw new BackupError(`Found --${acts.join(" and --")}; expected one of them.\n\n${usage}`);
  return { act: acts[0] ?? "restore", from, yes, resume, replace };
};
