/** Stage 1: the reason a row is rejected. */

/** A rejected row. It never contains a raw user id. */
export interface Reject {
  /** Physical line in the file, from 1; for a row over several lines, the first. */
  readonly line: number;
  /** Field or column at fault; null for the row as a whole. */
  readonly column: string | null;
  readonly reason: string;
  /** Beginning of the value at fault; empty if there is none, or if it could identify a person. */
  readonly excerpt: string;
}

/** Thrown by a row converter to reject the row. */
export class RowProblem extends Error {
  constructor(
    readonly column: string | null,
    reason: string,
    readonly value: string = '',
  ) {
    super(reason);
  }
}
