// Lines of CSV as we write them (RFC 4180, comma), and cells that a spreadsheet must not run as a formula.

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** One line without its line end. */
export const csvLine = (cells: readonly string[]): string => cells.map(quoted).join(",");

/** The cell with a leading ' when a spreadsheet would read it as a formula: also by the wide signs of Asian keyboards. */
export const neutralised = (cell: string): string =>
  /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(cell) ? `'${cell}` : cell;

/** The cell without the ' that `neutralised` put there, so that corrected error rows can be imported again. */
export const restored = (cell: string): string =>
  /^'[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(cell) ? cell.slice(1) : cell;
