/** What a person may ask about everything held of them: a copy of it, and its end. */

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
  /** Lists handed out in the last three days. */
  readonly shownLists: readonly {
    readonly listId: string;
    readonly at: number;
    readonly itemIds: readonly string[];
  }[];
  /** Tokens this product has signed for the user and that have not expired; never the tokens themselves. */
  readonly tokens: readonly {
    readonly tokenId: string;
    readonly createdAt: number;
    readonly expiresAt: number;
  }[];
}

/** What an erasure removed. It names nobody but the one it is given to. */
export interface ErasureReceipt {
  readonly receiptId: string;
  readonly userId: string;
  readonly requestedAt: number;
  readonly completedAt: number;
  /** Rows removed, by what they were. */
  readonly removed: Readonly<Record<string, number>>;
  /** What may still name the user, in a sentence; null for nothing. */
  readonly remains: string | null;
  /** When that is gone at the latest; null where nothing remains or the database alone decides. */
  readonly until: number | null;
}
