/** Every number the recommender's fit depends on. Chosen on validation data by search.ts; plain numbers, so that a model can carry them. */
import { InvalidShapeError } from '../errors.js';

export interface HyperParameters {
  /** Length of the embeddings, a multiple of eight. Default 64. */
  readonly nComponents: number;
  /** Alternations of users and items. Default 6. */
  readonly nSweeps: number;
  /** Weight of "0" for every pair of user and item, observed or not. Default 0.03. */
  readonly alpha0: number;
  /** Pull of a user towards the persona prior, per unit of confidence. Default 0.01. */
  readonly userRegularization: number;
  /** Pull of an item towards what its features say, per unit of confidence. Default 0.003. */
  readonly itemRegularization: number;
  /** Users a persona must have before its own mean outweighs the mean of all. Default 50. */
  readonly personaShrinkage: number;
  /** Neighbours per item in the item-to-item term. Default 50. */
  readonly nNeighbours: number;
  /** Weight of shared features in the items' Gram matrix. Default 8. */
  readonly featureWeight: number;
  /** Weight of like embeddings in the items' Gram matrix. Default 6. */
  readonly embeddingWeight: number;
  /** Added to an item's count when neighbours are compared, so that rare items do not crowd in. Default 30. */
  readonly damping: number;
  /** Ridge of the item-to-item regression, the same for every item. Default 20. */
  readonly neighbourRidge: number;
  /** The same, per unit of the item's own count. Default 0.5. */
  readonly neighbourRidgeShare: number;
  /** Weight of the factorisation in the score; the item-to-item term has weight 1. Default 0.08. */
  readonly factorWeight: number;
  /** Weight of the factorisation's principal directions on top of that: they order what no neighbour speaks of. Default 0.05. */
  readonly principalWeight: number;
  /** The factorisation counts 1 + this / n times for n likes: neighbours say little of a short history. Default 10. */
  readonly shortHistoryBoost: number;
  /** How far an item's esteem scales what neighbours say of it, as a power of it. Default 0.5. */
  readonly esteemPower: number;
  /** What a dislike takes from an item's neighbours, as a share of what a like adds. Default 1.5. */
  readonly dislikeWeight: number;
  /** Confidence of a dislike in the factorisation; 0 leaves it out. Default 0. */
  readonly dislikeConfidence: number;
  /** Weight of an interaction without a thumb, as a share of a like's, before it saturates. Default 0.5. */
  readonly implicitWeight: number;
  /** Days before the user's latest dealing at which one counts half; 0: age does not matter. Default 0. */
  readonly halfLife: number;
  /** The same in items that the user came to since; 0: their number does not matter. Default 0. */
  readonly halfLifeItems: number;
  /** Weight of the sequence term; 0 leaves it out. Default 0. */
  readonly sequenceWeight: number;
  /** What an entry counts for in the sequence term, per item that the user came to since. Default 0.8. */
  readonly sequenceDecay: number;
  /** Weight of popularity; it decides where nothing else does. Default 0.00001. */
  readonly popularityWeight: number;
  /** Weight of an item's share of likes for a user without any; it fades as the user's own grow. Default 0. */
  readonly newcomerWeight: number;
  /** Weight of what was liked of late, for everybody. Default 0. */
  readonly fashionWeight: number;
  /** Days after which a like counts half for that. Default 7. */
  readonly fashionHalfLife: number;
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
  esteemPower: 0.5,
  dislikeWeight: 1.5,
  dislikeConfidence: 0,
  implicitWeight: 0.5,
  halfLife: 0,
  halfLifeItems: 0,
  sequenceWeight: 0,
  sequenceDecay: 0.8,
  popularityWeight: 0.00001,
  newcomerWeight: 0,
  fashionWeight: 0,
  fashionHalfLife: 7,
});

/** Those that must be above zero for the systems to have one solution. */
const POSITIVE = [
  'alpha0',
  'userRegularization',
  'itemRegularization',
  'damping',
  'neighbourRidge',
  'fashionHalfLife',
] as const;

/** The defaults with `changes` over them. Throws InvalidShapeError for a value outside its range. */
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
