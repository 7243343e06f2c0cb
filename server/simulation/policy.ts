/** How a simulated site treats its users: the product as it is, and the product with one part taken away. */

/**
 * `adaptive`: the product as it is. `no-retraining`: the weekly job is never run; fold-in stays. `no-fold-in`: the job runs,
 * but each user's ranking is fetched once, at the start of the week, and what is settled meanwhile (a thumb, a
 * purchase) is only struck from it: nothing else that happens within the week has an effect before the next.
 */
export const POLICIES = ['adaptive', 'no-retraining', 'no-fold-in'] as const;
export type Policy = (typeof POLICIES)[number];
