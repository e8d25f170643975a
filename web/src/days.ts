// Days of the reader's calendar as the API takes them: the instants at which they begin and end.

/** The instant a day such as `2026-11-30` begins; undefined without a day. */
export const dayBegins = (day: string | undefined): string | undefined =>
  day === undefined ? undefined : new Date(`${day}T00:00:00`).toISOString();

/** The instant a day ends, which is where the next begins; undefined without a day. */
export const dayEnds = (day: string | undefined): string | undefined => {
  if (day === undefined) return undefined;
  const end = new Date(`${day}T00:00:00`);
  end.setDate(end.getDate() + 1);
  return end.toISOString();
};
