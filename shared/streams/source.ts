// What the reader reads for: events and jobs are two sources behind one blocking connection. A source says which streams
// it wants next and how much of them, takes what arrives, and answers for it until it is acknowledged or let go.
import type { RawEntry } from "./stream-entry.ts";

export interface Arrival {
  readonly stream: string;
  readonly entry: RawEntry;
  /** How often this entry was handed out, this time included. */
  readonly attempt: number;
}

export interface ReadPlan {
  readonly streams: readonly string[];
  /** At most so many entries of each of the streams. */
  readonly count: number;
}

export interface HeldEntry {
  readonly stream: string;
  readonly id: string;
  readonly attempt: number;
}

export interface Source {
  /** Every stream of this source: their consumer groups are made, and kept in being. */
  streams(): readonly string[];
  /** True when entries of the stream would be worked on: before and after, those of this consumer stay where they are. */
  isOpen(stream: string): boolean;
  /** What may be read at this moment; a stream that is left out is masked. */
  plan(): readonly ReadPlan[];
  /** Takes entries that Redis has assigned to this consumer. Never throws. */
  accept(arrivals: readonly Arrival[]): void;
  /** True while the source, or its acknowledgement on the way, answers for the entry. */
  holds(stream: string, id: string): boolean;
  /** How many entries of dead consumers it would take over from this stream now. */
  room(stream: string): number;
  /** Entries whose lease in Redis is to be renewed. */
  kept(): readonly HeldEntry[];
  /** Told when entries belong to another consumer by now. */
  lost(stream: string, ids: readonly string[]): void;
  /** Takes nothing more; resolves when running work has ended, or was aborted at the deadline. Leaves nothing held. */
  stop(deadlineMs: number): Promise<void>;
}
