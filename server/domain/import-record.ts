/** A finished import of a file, as kept in the history of imports. */

export interface ImportRecord {
  readonly importId: string;
  /** When it ended, ms since the epoch. */
  readonly at: number;
  readonly kind: 'items' | 'events' | 'ratings';
  /** Name of the file, without its folder. */
  readonly name: string;
  /** Counts are of rows. */
  readonly read: number;
  /** Rows that were new. */
  readonly recorded: number;
  readonly updated: number;
  /** Rows that were stored before. */
  readonly unchanged: number;
  readonly rejected: number;
  /** Events with an item that was not in the catalogue. */
  readonly unknownItems: number;
  readonly newUsers: number;
  readonly newItems: number;
}
