/** A thumb: the latest opinion of a user about an item. */

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
  /** The instance that accepted it; its own change stream skips it. */
  readonly origin: string;
  /** Incremented with each opinion of this user about this item. */
  readonly seq: number;
  /** Number of the user's events in the accepting instance's profile before this thumb; -1 unknown. */
  readonly afterEvents: number;
  /** Trace context of the request, see `Tracer`; absent without tracing. */
  readonly trace?: string;
}

/**
 * Whether a thumb takes back an opinion that was never given. Such a thumb is stored, so that a retry finds it, but it
 * adds no event to the record and does not change the profile.
 */
export function isVoidRetraction({ value, seq }: Pick<Feedback, 'value' | 'seq'>): boolean {
  return value === 0 && seq === 1;
}
