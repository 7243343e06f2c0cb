/** The part of learning that serves a user: for clients, which need neither training nor evaluation. */

export { InvalidModelError } from './errors.js';
export { foldIn } from './factorization/fold-in.js';
export type { UserState } from './factorization/fold-in.js';
export type { History } from './factorization/signals.js';
export { unpackItemSide } from './portable/item-side.js';
export type { ItemSide } from './portable/item-side.js';
export { counterfactual } from './ranking/counterfactual.js';
export { explainListed } from './ranking/explain-listed.js';
export type { ListedExplanation } from './ranking/explain-listed.js';
export { findFacets, likedItems } from './ranking/facets.js';
export { recommend } from './ranking/recommend.js';
export { settledItems } from './ranking/settled.js';
