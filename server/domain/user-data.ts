/** Export and erasure of a user's data. */

import type { BehaviourEvent } from './event.js';
import type { Feedback } from './feedback.js';
import type { Profile } from './profile.js';
import type { PersonaRecord, User } from './user.js';

/** Everything held about one user. */
export interface UserData {
  readonly userId: string;
  /** Milliseconds since the epoch. */
  readonly exportedAt: number;
  readonly user: User | null;
  readonly profile: Profile | null;
  /** Ascending time. */
  readonly activity: readonly BehaviourEvent[];
  readonly feedback: readonly Feedback[];
  /** Newest first. */
  readonly personaHistory: readonly PersonaRecord[];
  /** Lists served in the last three days. */
  readonly shownLists: readonly {
    readonly listId: string;
    readonly at: number;
    readonly itemIds: readonly string[];
  }[];
  /** Unexpired tokens that this product signed for the user; never the tokens themselves. */
  readonly tokens: readonly {
    readonly tokenId: string;
    readonly createdAt: number;
    readonly expiresAt: number;
  }[];
}

/** Counts of the rows an erasure removed. It identifies only its recipient. */
export interface ErasureReceipt {
  readonly receiptId: string;
  readonly userId: string;
  readonly requestedAt: number;
  readonly completedAt: number;
  /** Rows removed, by kind. */
  readonly removed: Readonly<Record<string, number>>;
  /** Remaining data that may still name the user, as a sentence; null if none. */
  readonly remains: string | null;
  /** Latest time at which the remaining data are gone; null if nothing remains or only the database decides. */
  readonly until: number | null;
}
