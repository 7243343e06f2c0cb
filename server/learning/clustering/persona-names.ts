/**
 * Vocabulary of persona names: four archetypes with a signature in feature space, and a short name for both ends of
 * every behavioural feature. Ids are stable keys; clients translate by the English label.
 */

/** Features and their direction from the mean. */
export type Signature = Readonly<Record<string, number>>;

export interface Archetype {
  readonly personaId: string;
  readonly label: string;
  readonly description: string;
  /** Weights of the fit. */
  readonly signature: Signature;
  /** Directions required for the label to be true. */
  readonly essential: Signature;
  /** Directions that the description claims. */
  readonly claims: Signature;
}

export const ARCHETYPES: readonly Archetype[] = [
  {
    personaId: 'seeker',
    label: 'Seeker',
    description: 'Knows what to look for: searches often, reads deeply, stays on topic.',
    signature: {
      searchShare: 2,
      dwellMeanSeconds: 1,
      sessionMeanSeconds: 0.5,
      topCategoryAffinity: 0.5,
      repeatViewRate: 0.5,
    },
    essential: { searchShare: 1 },
    claims: { searchShare: 1, dwellMeanSeconds: 1, topCategoryAffinity: 1 },
  },
  {
    personaId: 'browser',
    label: 'Browser',
    description: 'Looks around: sees a great deal, opens little, leaves early.',
    signature: {
      impressionShare: 1,
      clickThroughRate: -1,
      bounceRate: 1,
      dwellMeanSeconds: -1,
      purchaseRate: -0.5,
    },
    essential: { clickThroughRate: -1 },
    claims: { impressionShare: 1, clickThroughRate: -1, bounceRate: 1 },
  },
  {
    personaId: 'buyer',
    label: 'Buyer',
    description: 'Comes to buy: fills carts, completes purchases, spends more.',
    signature: { purchaseRate: 2, cartRate: 1, basketValue: 1 },
    essential: { purchaseRate: 1 },
    claims: { cartRate: 1, purchaseRate: 1, basketValue: 1 },
  },
  {
    personaId: 'explorer',
    label: 'Explorer',
    description: 'Loves the new: roams across categories and tries what others miss.',
    signature: { categoryEntropy: 1.5, noveltyRate: 1, longTailShare: 1, topCategoryAffinity: -1 },
    essential: { categoryEntropy: 1 },
    claims: { categoryEntropy: 1, longTailShare: 1 },
  },
];

/** Names for users with more, or less, of a feature than most; at most three words. */
export const FEATURE_LABELS: Readonly<Record<string, { readonly more: string; readonly less: string }>> = {
  clickThroughRate: { more: 'Frequent clickers', less: 'Rare clickers' },
  impressionShare: { more: 'Onlookers', less: 'Hands-on users' },
  sessionsPerWeek: { more: 'Frequent visitors', less: 'Occasional visitors' },
  sessionMeanSeconds: { more: 'Long-session users', less: 'Short-session users' },
  sessionP90Seconds: { more: 'Long-stay visitors', less: 'Quick visitors' },
  eventsPerSession: { more: 'Busy visitors', less: 'Quiet visitors' },
  bounceRate: { more: 'Early leavers', less: 'Lingerers' },
  searchShare: { more: 'Frequent searchers', less: 'Rare searchers' },
  categoryEntropy: { more: 'Variety seekers', less: 'Category loyalists' },
  noveltyRate: { more: 'New-category fans', less: 'Familiar-category fans' },
  repeatViewRate: { more: 'Repeat viewers', less: 'One-time viewers' },
  cartRate: { more: 'Cart fillers', less: 'Rare cart users' },
  purchaseRate: { more: 'Frequent buyers', less: 'Rare buyers' },
  basketValue: { more: 'Big spenders', less: 'Small spenders' },
  likeShare: { more: 'Generous raters', less: 'Sparing raters' },
  dislikeShare: { more: 'Critical raters', less: 'Gentle raters' },
  feedbackPerWeek: { more: 'Active raters', less: 'Quiet raters' },
  dwellMeanSeconds: { more: 'Careful readers', less: 'Quick skimmers' },
  hourEntropy: { more: 'Any-hour users', less: 'Fixed-hour users' },
  weekendShare: { more: 'Weekend users', less: 'Weekday users' },
  recencyDays: { more: 'Absent users', less: 'Recent users' },
  topCategoryAffinity: { more: 'Single-category fans', less: 'Multi-category fans' },
  longTailShare: { more: 'Rare-item fans', less: 'Bestseller fans' },
};

/** For clusters without a distinctive feature. */
export const AVERAGE = { personaId: 'all-rounders', label: 'All-rounders' } as const;
