/** Recommendation lists and their explanations. */

export interface ExplanationEntry {
  readonly itemId: string;
  /** Contribution of this item of the history to the score; may be negative. */
  readonly contribution: number;
}

/** Exact: `persona + popularity + sequence + sum(items) + otherItems = total = score`. */
export interface Explanation {
  readonly persona: number;
  readonly popularity: number;
  /** Item-to-item contribution of the user's most recent items, on top of their entries in `items`. */
  readonly sequence: number;
  /** The recent item with the largest share of `sequence`; null where none contributes. */
  readonly sequenceItemId: string | null;
  /**
   * For an item newer than the model: the item with similar content that contributes most, of the user's items if any
   * contributes, otherwise the most similar item. Null for other items.
   */
  readonly newLikeItemId: string | null;
  /** The user's own items, largest magnitude first. */
  readonly items: readonly ExplanationEntry[];
  /** Sum of the entries left out of `items` because only the largest are shown. */
  readonly otherItems: number;
  readonly total: number;
}

export interface Recommendation {
  readonly itemId: string;
  /** 1-based. */
  readonly rank: number;
  readonly score: number;
  /** Computed lazily, on first read. */
  readonly explanation: Explanation;
}

export interface RecommendationList {
  readonly listId: string;
  readonly userId: string;
  readonly items: readonly Recommendation[];
  readonly modelVersion: number;
  /**
   * The revision of the profile plus the activation of the model plus the counter of the catalogue: increases per user
   * with every change that could alter the list, on every instance and across restarts. An instance that has not yet
   * read a write made elsewhere serves a lower revision.
   */
  readonly revision: number;
  readonly personaId: string | null;
  /** Label of the facet that the list is narrowed to; null for all, also if the user no longer has the facet asked for. */
  readonly facet: string | null;
}

/** A group of a user's likes that are similar to each other. */
export interface Facet {
  /** A category or tag of its items; without any, the title of its most typical item. No two facets of a user share it. */
  readonly label: string;
  /** Share of the user's likes; the shares of all facets sum to 1. */
  readonly share: number;
  readonly nItems: number;
  /** Most typical first; at most ten. */
  readonly itemIds: readonly string[];
}

/** Id prefix of lists served by this system: their impressions are counted when served, not when reported. */
export const OWN_LIST_PREFIX = 'sp-';

/** Id prefix of a user's lists: a range query on the id finds them without a separate index. */
export function listIdPrefix(userId: string): string {
  return `${OWN_LIST_PREFIX}${userId.slice(0, 16)}-`;
}

/** An item's rank with and without an entry of the history. Ranks are 1-based, among all items that may be listed. */
export interface Counterfactual {
  readonly itemId: string;
  readonly withoutItemId: string;
  readonly rankBefore: number;
  readonly rankAfter: number;
  readonly scoreBefore: number;
  readonly scoreAfter: number;
}

/**
 * Reasons not to list an item again. Disliked items are never listed.
 * rated: has stars or a thumb. bought: purchased. viewed: has any interaction, which includes the first two.
 * listed: in a list served to the user in the last three days.
 */
export const EXCLUSIONS = ['rated', 'bought', 'viewed', 'listed'] as const;
export type Exclusion = (typeof EXCLUSIONS)[number];
export const DEFAULT_EXCLUSIONS: readonly Exclusion[] = ['rated', 'bought'];

/** Parses "rated,bought" or "none"; null for anything else. */
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
  /** Label of a facet of the user: keep only items nearest to it. Ignored if the user has no such facet. */
  readonly facet?: string | null;
}
