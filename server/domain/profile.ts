/** User profile, derived: a pure function of the user's activity and feedback. */

import type { Counts } from './counts.js';
import type { Opinion } from './feedback.js';

/** Aggregate of a user's events on an item. */
export interface Interaction {
  readonly itemId: string;
  /**
   * Sum of the event weights (see features), impressions excluded; >= 0. A like counts until it is taken back, which
   * restores the previous value exactly; a row with strength 0 and opinion 0 carries no information.
   */
  readonly strength: number;
  /** The latest thumb. */
  readonly opinion: Opinion;
  readonly isPurchased: boolean;
  /** Has ever had a star rating that is neither a like nor a dislike. */
  readonly isRated: boolean;
  /** Time of the latest event that is not an impression, ms since the epoch. */
  readonly at: number;
  /** The same without thumbs; 0 if thumbs are all there is. A retracted thumb leaves the item at this time. */
  readonly actedAt: number;
}

/**
 * Running sums from which every behavioural feature is computed, so that a live feature row reads a single document.
 * All counts; durations in seconds. Fields about time and sessions leave out events of unknown time.
 */
export interface BehaviourSums {
  events: number;
  impressions: number;
  views: number;
  clicks: number;
  searches: number;
  carts: number;
  purchases: number;
  likes: number;
  dislikes: number;
  retracts: number;
  purchaseValue: number;
  dwellSum: number;
  dwellCount: number;
  /** Finished sessions; the open session is in `session`. */
  sessions: number;
  /** Finished sessions of exactly one event. */
  bounces: number;
  /** Total length of finished sessions. */
  sessionSeconds: number;
  /** Log-spaced histogram of finished session lengths (for the 90th percentile); bounds in features. */
  sessionHistogram: number[];
  /** Events by hour of day, UTC, length 24. */
  hours: number[];
  weekendEvents: number;
  /** Events about an item of a known category, impressions excluded, by category. */
  categories: Counts;
  /** Views or clicks of an item seen before. */
  repeatViews: number;
  devices: Counts;
  locales: Counts;
  /** First event of known time, ms since the epoch; 0 without any. */
  firstAt: number;
  /** Latest event, ms since the epoch. */
  lastAt: number;
  /** The open session. */
  session: { id: string | null; startAt: number; lastAt: number; events: number } | null;
}

export interface Profile {
  readonly userId: string;
  readonly interactions: readonly Interaction[];
  readonly behaviour: Readonly<BehaviourSums>;
  /** Number of recorded events included. */
  readonly eventCount: number;
  /**
   * Incremented with every event and with every rebuild that changes the profile; never decreases. A compare-and-set on
   * it keeps two instances from overwriting each other's writes.
   */
  readonly revision: number;
  /** Time of the latest event, ms since the epoch. */
  readonly updatedAt: number;
}
