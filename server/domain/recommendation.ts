/** What a user is shown, and why. */

export interface ExplanationEntry {
  readonly itemId: string;
  /** Part of the score that this item of the history contributes; may be negative. */
  readonly contribution: number;
}

/** Exact: `persona + popularity + sum(items) = total = score`. */
export interface Explanation {
  readonly persona: number;
  readonly popularity: number;
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
  /** Rises per user with every change that could move the list. */
  readonly revision: number;
  readonly personaId: string | null;
}

/** Ids of lists this system gives out begin so: their impressions are counted when they are shown, not when reported. */
export const OWN_LIST_PREFIX = 'sp-';

/** One item's place with and without one entry of the history. Ranks are one-based, among everything that may be listed. */
export interface Counterfactual {
  readonly itemId: string;
  readonly withoutItemId: string;
  readonly rankBefore: number;
  readonly rankAfter: number;
  readonly scoreBefore: number;
  readonly scoreAfter: number;
}

export const UPDATE_CAUSES = ['FEEDBACK', 'EVENTS', 'MODEL', 'PERSONA', 'ERASED'] as const;
export type UpdateCause = (typeof UPDATE_CAUSES)[number];

export interface RecommendationFilter {
  /** Keep only these categories; empty or absent means all. */
  readonly categories?: readonly string[];
  readonly excludeItemIds?: readonly string[];
}
