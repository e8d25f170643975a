// The inside of a backup: the text that `psql` reads. A header and a manifest as comments in JSON, and between them
// blocks of COPY. So a backup can be read with common programs: age -d | zstd -d | less.
import { BackupError } from "./backup-error.ts";

/** Raised when a version that knows only the older ones could misread a newer one. */
export const formatVersion = 1;

const headerMark = "-- learning-center-backup ";
const manifestMark = "-- learning-center-manifest ";
/** Ends a block. */
export const blockEnd = Buffer.from("\\.\n");

export interface TableShape {
  /** `schema.table`. */
  readonly name: string;
  /** Columns that hold data; generated ones are computed again. */
  readonly columns: readonly string[];
}

export interface Partition {
  readonly parent: string;
  readonly name: string;
  /** `FOR VALUES FROM … TO …`, as Postgres writes it. */
  readonly bound: string;
  readonly options: readonly string[];
}

export interface Sequence {
  readonly name: string;
  readonly last: string;
  readonly called: boolean;
}

export interface Header {
  readonly format: number;
  /** Version of the platform that wrote it, with the commit when known. */
  readonly platform: string;
  /** The moment of the snapshot, by Postgres's clock. ISO 8601. */
  readonly takenAt: string;
  readonly postgres: string;
  /** Names of the migrations that had been applied. */
  readonly migrations: readonly string[];
  readonly tables: readonly TableShape[];
  readonly partitions: readonly Partition[];
  readonly sequences: readonly Sequence[];
}

export interface TableSum {
  readonly rows: number;
  /** See RowHash. */
  readonly hash: string;
}

export interface Manifest {
  readonly rows: number;
  readonly tables: Readonly<Record<string, TableSum>>;
}

/** The ledger's hash: whoever compares two systems asks for this one first. */
export const ledgerOf = (manifest: Manifest): string | undefined => manifest.tables["messaging.messages"]?.hash;

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** `schema.table` in quotes. */
export const quotedTable = (name: string): string => name.split(".").map(quoted).join(".");
/** A list of columns in quotes. */
export const quotedColumns = (columns: readonly string[]): string => columns.map(quoted).join(", ");

export const headerLine = (header: Header): Buffer => Buffer.from(`${headerMark}${JSON.stringify(header)}\n`);
export const manifestLine = (manifest: Manifest): Buffer => Buffer.from(`${manifestMark}${JSON.stringify(manifest)}\n`);
export const blockStart = ({ name, columns }: TableShape): Buffer =>
  Buffer.from(`COPY ${quotedTable(name)} (${quotedColumns(columns)}) FROM stdin;\n`);

const notOurs = () =>
  new BackupError("This was decrypted, but is not a backup of this platform: its first line is none that we write.");

/** Reads the first line. Throws BackupError for what is no backup and for a format that is newer than ours. */
export const readHeader = (line: string): Header => {
  if (!line.startsWith(headerMark)) throw notOurs();
  const header = JSON.parse(line.slice(headerMark.length)) as Header;
  if (header.format > formatVersion)
    throw new BackupError(
      `The backup has format ${header.format}, written by version ${header.platform} of the platform; this version reads up to ${formatVersion}. Install that version or a newer one to restore it.`,
    );
  return header;
};

/** Reads the last line; undefined when it is another line. */
export const readManifest = (line: string): Manifest | undefined =>
  line.startsWith(manifestMark) ? (JSON.parse(line.slice(manifestMark.length)) as Manifest) : undefined;
