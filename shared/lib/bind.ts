// Values of a raw statement. The border where arrays with nulls and read-only arrays pass: knex's types refuse them,
// the driver sends them as Postgres arrays. `undefined` is sent as null.

/** What knex's types take as a bound value. */
export type Bound = string | number | boolean | Date | Buffer | null | string[] | number[];
export type Bindable = Bound | undefined | readonly (string | number | boolean | Date | Buffer | null)[];

/** The values in order, as knex takes them. An array is one Postgres array. */
export const bind = (...values: readonly Bindable[]): Bound[] =>
  values.map((value) => (value === undefined ? null : value)) as Bound[];
