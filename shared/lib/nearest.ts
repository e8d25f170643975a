// The known name that somebody most likely meant: few letters differ.

const MOST_LETTERS = 64;

const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    row = next;
  }
  return row[b.length] ?? 0;
};

/** The nearest of `known` to `name`, or undefined when none is near; case and underscores do not count. */
export const nearestName = (name: string, known: Iterable<string>): string | undefined => {
  const plain = (text: string) =>
    text
      .slice(0, MOST_LETTERS)
      .toLowerCase()
      .replaceAll(/[_\s-]/g, "");
  const wanted = plain(name);
  let best: string | undefined;
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const one of known) {
    const differs = distance(wanted, plain(one));
    if (differs < least) {
      best = one;
      least = differs;
    }
  }
  return best;
};
