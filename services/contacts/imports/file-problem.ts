// A file that cannot be read as CSV: the reason is shown to the person who uploaded it.

export class FileProblem extends Error {
  override name = "FileProblem";
}
