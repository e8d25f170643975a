// Where backups are kept, whatever that is: a folder, or storage that speaks S3. A backup is two objects: the encrypted
// archive, and beside it what is to be known without opening it. The second is written last, so that half a backup has
// none and is never listed.
import type { Readable } from "node:stream";

/** What stands beside an archive, readable by whoever may list them: no data of people. */
export interface Card {
  readonly name: string;
  readonly takenAt: string;
  readonly finishedAt: string;
  /** Of the encrypted archive. */
  readonly bytes: number;
  readonly rows: number;
  readonly tables: number;
  readonly format: number;
  /** The last migration that had been applied. */
  readonly schema: string;
  readonly platform: string;
  /** SHA-256 of the encrypted archive. */
  readonly sha256: string;
}

export interface BackupStore {
  readonly kind: "disk" | "s3";
  /** For people, without secrets: a folder, or `s3://bucket/prefix`. */
  readonly place: string;
  /** Stores a stream under a name; whole, or not at all. Throws BackupError with a sentence. */
  put(name: string, sealed: Readable, signal: AbortSignal): Promise<void>;
  /** Stores what stands beside an archive; the backup is listed from here on. */
  putCard(card: Card): Promise<void>;
  /** All whole backups, newest first. */
  list(): Promise<Card[]>;
  /** The bytes of an archive. Throws BackupError when there is none of this name. */
  open(name: string): Promise<Readable>;
  /** Removes a backup: first what stands beside it. No error when it is gone already. */
  remove(name: string): Promise<void>;
  /** Removes what runs that were killed left behind. Answers how many. */
  tidy(now: Date): Promise<number>;
  close(): void;
}

const pattern = /^lc-backup-\d{8}T\d{6}Z-[0-9a-f]{8}\.age$/;

/** True for the name of an archive. */
export const isArchiveName = (name: string): boolean => pattern.test(name);

/** The name of an archive: its moment, so that they sort by it, and something of its own. */
export const archiveName = (takenAt: string, id: string): string =>
  `lc-backup-${takenAt.replace(/[-:]|\.\d+/g, "")}-${id.replaceAll("-", "").slice(-8)}.age`;

/** The name of what stands beside it. */
export const cardName = (name: string): string => name.replace(/\.age$/, ".json");

/** Reads a card; undefined for what is none, so that one damaged file does not hide the others. */
export const readCard = (text: string, name: string): Card | undefined => {
  try {
    const card = JSON.parse(text) as Card;
    return card.name === name && Number.isFinite(card.bytes) && !Number.isNaN(Date.parse(card.takenAt))
      ? card
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

/** Newest first. */
export const byAge = (cards: readonly (Card | undefined)[]): Card[] =>
  cards.filter((card): card is Card => card !== undefined).sort((a, b) => (a.takenAt < b.takenAt ? 1 : -1));

/** What is left over is looked at only when it is so old that nobody can be writing it any more. */
export const leftOverMs = 24 * 3_600_000;
