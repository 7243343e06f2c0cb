/** What one user's record adds up to. Derived: a pure function of the user's activity and feedback. */

import type { Counts } from './counts.js';
import type { Opinion } from './feedback.js';

/** All of one user's dealings with one item, added up. */
export interface Interaction {
  readonly itemId: string;
  /**
   * Sum of the event weights (see features), impressions excluded; >= 0. A like counts while it stands, so that taking
   * it back leaves exactly what was there before; a row with strength 0 and opinion 0 says nothing.
   */
  readonly strength: number;
  /** The latest thumb. */
  readonly opinion: Opinion;
  readonly isPurchased: boolean;
  /** Given stars that are neither a like nor a dislike, at any time. */
  readonly isRated: boolean;
  /** When the last event other than an impression happened, ms since the epoch. */
  readonly at: number;
}

/**
 * Running sums from which every behavioural feature follows, so that a live feature row costs one document.
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
  /** Finished sessions; the one still open is in `session`. */
  sessions: number;
  /** Finished sessions of exactly one event. */
  bounces: number;
  /** Length of the finished sessions, added up. */
  sessionSeconds: number;
  /** Log-spaced histogram of finished session lengths (for the 90th percentile); bounds in features. */
  sessionHistogram: number[];
  /** Events by hour of day, UTC, length 24. */
  hours: number[];
  weekendEvents: number;
  /** Events about an item of a known category, impressions excluded, by category. */
  categories: Counts;
  /** Views or clicks of an item met before. */
  repeatViews: number;
  devices: Counts;
  locales: Counts;
  /** First event of known time, ms since the epoch; 0 where there is none. */
  firstAt: number;
  /** Latest event, ms since the epoch. */
  lastAt: number;
  /** The session still open. */
  session: { id: string | null; startAt: number; lastAt: number; events: number } | null;
}

export interface Profile {
  readonly userId: string;
  readonly interactions: readonly Interaction[];
  readonly behaviour: Readonly<BehaviourSums>;
  /** How many recorded events are in here. */
  readonly eventCount: number;
  /**
   * Rises by one with every event and with every rebuild that changes the profile, and never falls; a compare-and-set on
   * it keeps two instances from overwriting each other.
   */
  readonly revision: number;
  /** Time of the latest event, ms since the epoch. */
  readonly updatedAt: number;
}
