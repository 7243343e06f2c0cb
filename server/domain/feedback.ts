/** A thumb: the latest opinion of one user about one item. */

/** 1 up, -1 down, 0 taken back. */
export type Opinion = 1 | -1 | 0;

export interface Feedback {
  readonly userId: string;
  readonly itemId: string;
  readonly value: Opinion;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly listId: string | null;
  readonly position: number | null;
  readonly modelVersion: number | null;
  /** The instance that took it; its own change stream skips it. */
  readonly origin: string;
  /** Rises by one with each opinion of this user about this item. */
  readonly seq: number;
  /** How many events of its user the instance that took it knew before it; -1 unknown. */
  readonly afterEvents: number;
}

/**
 * Whether a thumb takes back what was never said: stored, so that a retry finds it, but it leaves no event in the record
 * and nothing in the profile.
 */
export function saysNothing({ value, seq }: Pick<Feedback, 'value' | 'seq'>): boolean {
  return value === 0 && seq === 1;
}
