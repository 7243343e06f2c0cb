/** What a user is shown, and why. */

export interface ExplanationEntry {
  readonly itemId: string;
  /** Part of the score that this item of the history contributes; may be negative. */
  readonly contribution: number;
}

/** Exact: `persona + popularity + sequence + sum(items) + otherItems = total = score`. */
export interface Explanation {
  readonly persona: number;
  readonly popularity: number;
  /** What follows on the items that the user came to last adds, on top of what those items add for themselves. */
  readonly sequence: number;
  /** Which of them adds most of it; null where none adds anything. */
  readonly sequenceItemId: string | null;
  /** The user's own items, largest magnitude first. */
  readonly items: readonly ExplanationEntry[];
  /** Sum of the entries left out of `items` because only the largest are shown. */
  readonly otherItems: number;
  readonly total: number;
}

export interface Recommendation {
  readonly itemId: string;
  /** One-based. */
  readonly rank: number;
  readonly score: number;
  /** Worked out when it is first read. */
  readonly explanation: Explanation;
}

export interface RecommendationList {
  readonly listId: string;
  readonly userId: string;
  readonly items: readonly Recommendation[];
  readonly modelVersion: number;
  /**
   * The revision of the profile plus the activation of the model plus the counter of the catalogue: rises per user with
   * every change that could move the list, on every instance and across restarts. An instance that has not read another
   * one's write yet serves a lower one.
   */
  readonly revision: number;
  readonly personaId: string | null;
}

/** Ids of lists this system gives out begin so: their impressions are counted when they are shown, not when reported. */
export const OWN_LIST_PREFIX = 'sp-';

/** What the ids of one user's lists begin with: a range of ids then finds them without an index of their own. */
export function listIdPrefix(userId: string): string {
  return `${OWN_LIST_PREFIX}${userId.slice(0, 16)}-`;
}

/** One item's place with and without one entry of the history. Ranks are one-based, among everything that may be listed. */
export interface Counterfactual {
  readonly itemId: string;
  readonly withoutItemId: string;
  readonly rankBefore: number;
  readonly rankAfter: number;
  readonly scoreBefore: number;
  readonly scoreAfter: number;
}

/**
 * Reasons not to list an item again. What a user dislikes is never listed.
 * rated: given stars or a thumb. bought: purchased. viewed: dealt with in any way, so this one includes the first two.
 * listed: in a list handed out to the user in the last three days.
 */
export const EXCLUSIONS = ['rated', 'bought', 'viewed', 'listed'] as const;
export type Exclusion = (typeof EXCLUSIONS)[number];
export const DEFAULT_EXCLUSIONS: readonly Exclusion[] = ['rated', 'bought'];

/** Reads "rated,bought" or "none"; null for anything else. */
export function parseExclusions(text: string): readonly Exclusion[] | null {
  const names = text.split(',').map((name) => name.trim().toLowerCase());
  if (names.length === 1 && names[0] === 'none') return [];
  const found = EXCLUSIONS.filter((exclusion) => names.includes(exclusion));
  return names.every((name) => (EXCLUSIONS as readonly string[]).includes(name)) ? found : null;
}

export const UPDATE_CAUSES = ['FEEDBACK', 'EVENTS', 'MODEL', 'PERSONA', 'CATALOGUE', 'ERASED'] as const;
export type UpdateCause = (typeof UPDATE_CAUSES)[number];

export interface RecommendationFilter {
  /** Keep only these categories; empty or absent means all. */
  readonly categories?: readonly string[];
  readonly excludeItemIds?: readonly string[];
}
