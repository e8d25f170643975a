// Cells of the files that we hand out: what a spreadsheet would run is neutralised, and comes back as it was.
import { expect, test } from "vitest";
import { csvLine, neutralised, restored } from "../../shared/lib/csv-line.ts";

test.each(["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x"])(
  "a cell that begins like %j is no formula, and is restored",
  (cell) => {
    expect(neutralised(cell)).toBe(`'${cell}`);
    expect(restored(neutralised(cell))).toBe(cell);
  },
);

test("other cells stay as they are, quoted where they must be", () => {
  for (const cell of ["", "a=b", "'quoted'", " 1"]) expect(neutralised(cell)).toBe(cell);
  expect(csvLine(["a", 'say "hi"', "x,y", "two\nlines"])).toBe('a,"say ""hi""","x,y","two\nlines"');
});
