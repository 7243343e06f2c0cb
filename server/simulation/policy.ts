/** Policies of a simulated site: the full product, and the product without a part. */

/**
 * `adaptive`: the full product. `no-retraining`: the weekly job never runs; fold-in stays. `no-fold-in`: the job runs,
 * but each user's ranking is fetched once, at the start of the week, and items with a thumb or a purchase are only
 * removed from it: no further behaviour has an effect before the next week.
 */
export const POLICIES = ['adaptive', 'no-retraining', 'no-fold-in'] as const;
export type Policy = (typeof POLICIES)[number];
