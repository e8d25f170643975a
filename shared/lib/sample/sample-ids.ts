// Ids of what comes with the sample workspace: fixed ones, so that filling it twice makes nothing twice and removing it
// finds everything, whatever people renamed or edited. They lie in a minute of early 2023, before any id that is made.

const kinds = { community: "0001", tag: "0002", contact: "0003", segment: "0004", template: "0005", campaign: "0006" };
export type SampleKind = keyof typeof kinds;

/** The id of the n-th thing of a kind, from 1. */
export const sampleId = (kind: SampleKind, n: number): string =>
  `0185f000-${kinds[kind]}-7000-8000-${String(n).padStart(12, "0")}`;

/** All ids of the first `count` things of a kind. */
export const sampleIds = (kind: SampleKind, count: number): string[] =>
  Array.from({ length: count }, (_, index) => sampleId(kind, index + 1));
