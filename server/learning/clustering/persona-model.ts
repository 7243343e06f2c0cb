/** What assigning a user to a persona needs, and the assignment itself. */

import { InvalidModelError } from '../errors.js';
import type { ClusterName, DistinctiveFeature } from './describe.js';
import type { Preprocessing } from './preprocessing.js';
import { transform } from './preprocessing.js';

/** A cluster as people see it. */
export interface PersonaSummary extends ClusterName {
  readonly size: number;
  /** Share of all users, 0..1. */
  readonly share: number;
  /** Mean silhouette of its members in the space KMeans ran in, -1..1. */
  readonly silhouette: number;
  /** Means of its members in plain feature units. */
  readonly centroid: Readonly<Record<string, number>>;
  readonly distinctive: readonly DistinctiveFeature[];
}

/** Histograms of every feature, in bins that held a tenth of the training users each where values allow it. */
export interface FeatureDistributions {
  /** Float64Array, row-major [nFeatures, 9], ascending: a value belongs to the first bin whose edge is not below it. */
  readonly edges: Float64Array;
  /** Float64Array, row-major [nFeatures, 10], each row sums to 1. */
  readonly shares: Float64Array;
}

/** Frozen. k personas, m components. */
export interface PersonaModel {
  readonly preprocessing: Preprocessing;
  /** Of the users it was fitted to: what drift is measured against. */
  readonly distributions: FeatureDistributions;
  /** Float64Array, row-major [k, m]. */
  readonly centroids: Float64Array;
  /** Mean squared distance of users to their own centroid: the unit of the softmax. */
  readonly temperature: number;
  readonly personas: readonly PersonaSummary[];
}

export interface PersonaChoice {
  readonly personaId: string;
  /** Softmax over squared distances, 0..1. */
  readonly confidence: number;
  /** A persona that wants one more confirmation before the user moves there; null when there is none. */
  readonly pending: string | null;
}

/** A move happens at once when the new persona is this much likelier than the held one. */
const MOVE_MARGIN = 0.2;

/**
 * The persona of one feature row. With `held`, hysteresis: the user stays unless the nearest persona leads by a margin, or
 * was the nearest the last time as well. Throws InvalidShapeError and NotFiniteError for a row that does not fit.
 */
export function assignPersona(
  model: PersonaModel,
  row: Float64Array,
  held: Pick<PersonaChoice, 'personaId' | 'pending'> | null,
): PersonaChoice {
  const confidences = confidencesOf(model, transform(model.preprocessing, row));
  let nearest = 0;
  for (let c = 1; c < confidences.length; c++) if (confidences[c] > confidences[nearest]) nearest = c;
  const nearestId = model.personas[nearest].personaId;
  const heldIndex =
    held === null ? -1 : model.personas.findIndex(({ personaId }) => personaId === held.personaId);
  const isFree = heldIndex < 0 || heldIndex === nearest;
  const isSure =
    isFree || confidences[nearest] - confidences[heldIndex] >= MOVE_MARGIN || held!.pending === nearestId;
  return isSure
    ? { personaId: nearestId, confidence: confidences[nearest], pending: null }
    : { personaId: held!.personaId, confidence: confidences[heldIndex], pending: nearestId };
}

/** Float64Array [k] that sums to 1, for one point of the clustering space. */
export function confidencesOf(
  { centroids, temperature }: Pick<PersonaModel, 'centroids' | 'temperature'>,
  point: Float64Array,
): Float64Array {
  const nComponents = point.length;
  const k = nComponents === 0 ? 1 : centroids.length / nComponents;
  const distances = new Float64Array(k);
  for (let c = 0; c < k; c++) {
    for (let m = 0; m < nComponents; m++) distances[c] += (point[m] - centroids[c * nComponents + m]) ** 2;
  }
  const least = distances.reduce((a, b) => Math.min(a, b), Infinity);
  const weights = distances.map((distance) => Math.exp(-(distance - least) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Arrays of the preprocessing, and all that are stored. */
const PREPROCESSING_ARRAYS = [
  'kept',
  'isLogged',
  'low',
  'high',
  'mean',
  'scale',
  'centre',
  'axes',
  'variances',
] as const;
const ARRAYS = [...PREPROCESSING_ARRAYS, 'centroids', 'edges', 'shares'] as const;

export interface PackedPersonas {
  /** Everything but the arrays; survives JSON. */
  readonly meta: {
    readonly names: readonly string[];
    readonly droppedNames: readonly string[];
    readonly zLimit: number;
    readonly explainedVariance: number;
    readonly temperature: number;
    readonly personas: readonly PersonaSummary[];
  };
  readonly arrays: Readonly<Record<(typeof ARRAYS)[number], Float64Array | Int32Array>>;
}

/** Named arrays and plain data; no copies. */
export function packPersonas(model: PersonaModel): PackedPersonas {
  const { preprocessing, distributions, centroids, temperature, personas } = model;
  const { names, droppedNames, zLimit, explainedVariance } = preprocessing;
  return {
    meta: { names, droppedNames, zLimit, explainedVariance, temperature, personas },
    arrays: {
      ...Object.fromEntries(PREPROCESSING_ARRAYS.map((name) => [name, preprocessing[name]])),
      ...distributions,
      centroids,
    } as PackedPersonas['arrays'],
  };
}

/** The model that was packed. Throws InvalidModelError when an array is missing or does not fit the others. */
export function unpackPersonas({ meta, arrays }: PackedPersonas): PersonaModel {
  for (const name of ARRAYS) {
    const array: unknown = arrays[name];
    const isRight =
      name === 'kept' || name === 'isLogged' ? array instanceof Int32Array : array instanceof Float64Array;
    if (!isRight) throw new InvalidModelError(`Persona part ${name} is missing or of another type.`);
  }
  const { names, droppedNames, zLimit, explainedVariance, temperature, personas } = meta;
  const nComponents = arrays.variances.length;
  if (
    arrays.centroids.length !== personas.length * nComponents ||
    arrays.axes.length !== nComponents * arrays.kept.length ||
    arrays.edges.length !== names.length * 9 ||
    arrays.shares.length !== names.length * 10
  ) {
    throw new InvalidModelError('The parts of the persona model do not fit each other.');
  }
  const preprocessing = Object.freeze({
    names,
    droppedNames,
    zLimit,
    explainedVariance,
    ...(Object.fromEntries(PREPROCESSING_ARRAYS.map((name) => [name, arrays[name]])) as Pick<
      Preprocessing,
      (typeof PREPROCESSING_ARRAYS)[number]
    >),
  });
  const { centroids, edges, shares } = arrays as Record<string, Float64Array>;
  return Object.freeze({ preprocessing, distributions: { edges, shares }, centroids, temperature, personas });
}
