/** Stage 1: why one row of a file is refused. */

/** A row that was not taken. It never holds a raw user id. */
export interface Reject {
  /** Physical line in the file, from 1; of a row over several lines the first. */
  readonly line: number;
  /** The field or column at fault; null when it is the row as a whole. */
  readonly column: string | null;
  readonly reason: string;
  /** The beginning of the value at fault; empty when there is none, or when it could name a person. */
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
