/**
 * Hyper-parameters of the recommender. Chosen on validation data by search.ts; plain numbers, so that they can be
 * stored with a model.
 */
import { InvalidShapeError } from '../errors.js';

export interface HyperParameters {
  /** Length of the embeddings, a multiple of eight. Default 64. */
  readonly nComponents: number;
  /** Alternations of users and items. Default 6. */
  readonly nSweeps: number;
  /** Weight of an implicit zero for every pair of user and item, observed or not. Default 0.03. */
  readonly alpha0: number;
  /** Regularization of a user towards the persona prior, per unit of confidence. Default 0.01. */
  readonly userRegularization: number;
  /** Regularization of an item towards its feature prior, per unit of confidence. Default 0.003. */
  readonly itemRegularization: number;
  /** Number of users at which a persona's own mean outweighs the overall mean. Default 50. */
  readonly personaShrinkage: number;
  /** Neighbours per item in the item-to-item term. Default 50. */
  readonly nNeighbours: number;
  /** Weight of shared features in the items' Gram matrix. Default 8. */
  readonly featureWeight: number;
  /** Weight of similar embeddings in the items' Gram matrix. Default 6. */
  readonly embeddingWeight: number;
  /** Added to an item's count when neighbours are compared, so that rare items do not dominate. Default 30. */
  readonly damping: number;
  /** Constant ridge of the item-to-item regression. Default 20. */
  readonly neighbourRidge: number;
  /** Ridge of the item-to-item regression per unit of the item's own count. Default 0.5. */
  readonly neighbourRidgeShare: number;
  /** Weight of the factorisation in the score; the item-to-item term has weight 1. Default 0.08. */
  readonly factorWeight: number;
  /**
   * Additional weight of the factorisation's principal directions, which rank items without neighbours in the history.
   * Default 0.05.
   */
  readonly principalWeight: number;
  /** The factorisation counts 1 + this / n times for n likes, since short histories have few neighbours. Default 10. */
  readonly shortHistoryBoost: number;
  /** Exponent of an item's like rate, a factor on its item-to-item scores. Default 0.5. */
  readonly likeRatePower: number;
  /** Effect of a dislike on an item's neighbours, relative to a like. Default 1.5. */
  readonly dislikeWeight: number;
  /** Confidence of a dislike in the factorisation; 0 leaves it out. Default 0. */
  readonly dislikeConfidence: number;
  /** Weight of an interaction without a thumb relative to a like, before saturation. Default 0.5. */
  readonly implicitWeight: number;
  /** Half-life of an interaction in days before the user's latest interaction; 0: age does not matter. Default 0. */
  readonly halfLife: number;
  /** Half-life of an interaction in later items of the user; 0: their number does not matter. Default 0. */
  readonly halfLifeItems: number;
  /** Weight of the sequence term; 0 leaves it out. Default 0. */
  readonly sequenceWeight: number;
  /** Decay of an entry in the sequence term per later item of the user. Default 0.8. */
  readonly sequenceDecay: number;
  /** Weight of popularity; at the default it only breaks ties. Default 0.00001. */
  readonly popularityWeight: number;
  /** Weight of an item's share of likes for a user without likes; fades with the user's number of likes. Default 0. */
  readonly newcomerWeight: number;
  /** Weight of `RecommenderModel.companions`; fades like `newcomerWeight`. 0 leaves it out. Default 0. */
  readonly companionWeight: number;
  /** Weight of recent popularity, for users who return after an absence. Default 0. */
  readonly recentPopularityWeight: number;
  /** Half-life of a like in recent popularity, in days. Default 7. */
  readonly recentPopularityHalfLife: number;
  /** Days of absence after which half of the weight of recent popularity counts; 0: all of it always does. Default 7. */
  readonly recentPopularityAbsence: number;
}

export const DEFAULT_HYPER_PARAMETERS: HyperParameters = Object.freeze({
  nComponents: 64,
  nSweeps: 6,
  alpha0: 0.03,
  userRegularization: 0.01,
  itemRegularization: 0.003,
  personaShrinkage: 50,
  nNeighbours: 50,
  featureWeight: 8,
  embeddingWeight: 6,
  damping: 30,
  neighbourRidge: 20,
  neighbourRidgeShare: 0.5,
  factorWeight: 0.08,
  principalWeight: 0.05,
  shortHistoryBoost: 10,
  likeRatePower: 0.5,
  dislikeWeight: 1.5,
  dislikeConfidence: 0,
  implicitWeight: 0.5,
  halfLife: 0,
  halfLifeItems: 0,
  sequenceWeight: 0,
  sequenceDecay: 0.8,
  popularityWeight: 0.00001,
  newcomerWeight: 0,
  companionWeight: 0,
  recentPopularityWeight: 0,
  recentPopularityHalfLife: 7,
  recentPopularityAbsence: 7,
});

/** Parameters that must be positive for the systems to have a unique solution. */
const POSITIVE = [
  'alpha0',
  'userRegularization',
  'itemRegularization',
  'damping',
  'neighbourRidge',
  'recentPopularityHalfLife',
] as const;

/** The defaults overridden by `changes`. Throws InvalidShapeError for a value out of range. */
export function completeHyperParameters(changes: Partial<HyperParameters> = {}): HyperParameters {
  const complete = { ...DEFAULT_HYPER_PARAMETERS, ...changes };
  for (const [name, value] of Object.entries(complete)) {
    if (!Number.isFinite(value) || value < 0)
      throw new InvalidShapeError(`${name} must be 0 or above, not ${value}.`);
  }
  for (const name of POSITIVE) {
    if (complete[name] === 0) throw new InvalidShapeError(`${name} must be above 0.`);
  }
  if (complete.nComponents === 0 || complete.nComponents % 8 !== 0) {
    throw new InvalidShapeError(`nComponents must be a multiple of eight, not ${complete.nComponents}.`);
  }
  return Object.freeze(complete);
}
