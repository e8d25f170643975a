// Time zones by their IANA name, as this runtime knows them.

const known = new Map<string, string | undefined>();

/** The name in its usual spelling (`europe/berlin` → `Europe/Berlin`), or undefined when there is no such zone. */
export const normaliseTimezone = (name: string): string | undefined => {
  const key = name.trim();
  if (!known.has(key)) {
    // Bounded, because the names come from outside.
    if (known.size > 2000) known.clear();
    let zone: string | undefined;
    try {
      // Offsets such as +02:00 are taken by Intl, but they do not follow summer time.
      zone = /^[+-]/.test(key)
        ? undefined
        : new Intl.DateTimeFormat("en", { timeZone: key }).resolvedOptions().timeZone;
    } catch {
      zone = undefined;
    }
    known.set(key, zone);
  }
  return known.get(key);
};
