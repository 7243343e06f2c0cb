/** The fitted persona model, and the assignment of users to personas. */

import { InvalidModelError } from '../errors.js';
import type { Calibration, CalibrationPairs, ReliabilityRow } from './calibration.js';
import { calibrated, fitCalibration, marginOf, reliabilityOf } from './calibration.js';
import type { ClusterName, DistinctiveFeature } from './describe.js';
import type { Preprocessing } from './preprocessing.js';
import { componentCount, transform } from './preprocessing.js';

/** A persona as shown to users. */
export interface PersonaSummary extends ClusterName {
  readonly size: number;
  /** Share of all users, 0..1. */
  readonly share: number;
  /** Mean silhouette of its members in the clustering space, -1..1. */
  readonly silhouette: number;
  /** Means of its members in plain feature units. */
  readonly centroid: Readonly<Record<string, number>>;
  readonly distinctive: readonly DistinctiveFeature[];
}

/** Histograms of every feature, with a tenth of the training users per bin if values allow it. */
export interface FeatureDistributions {
  /** Float64Array, row-major [nFeatures, 9], ascending: a value belongs to the first bin with an edge not below it. */
  readonly edges: Float64Array;
  /** Float64Array, row-major [nFeatures, 10], each row sums to 1. */
  readonly shares: Float64Array;
}

/** Frozen. k personas, m components. */
export interface PersonaModel {
  readonly preprocessing: Preprocessing;
  /** Distributions of the training users, the reference for drift. */
  readonly distributions: FeatureDistributions;
  /** Float64Array, row-major [k, m]. */
  readonly centroids: Float64Array;
  /** Mean squared distance of users to their own centroid: the unit of margins and of the softmax. */
  readonly temperature: number;
  /** Null for versions of earlier releases, and with too few users. */
  readonly calibration: Calibration | null;
  readonly personas: readonly PersonaSummary[];
}

export interface PersonaChoice {
  readonly personaId: string;
  /** Probability of keeping the persona after twice the signals, 0..1; a softmax without calibration. */
  readonly confidence: number;
  /** A persona that needs another confirmation before the user moves to it; null if there is none. */
  readonly pending: string | null;
}

/** Probability lead of the new persona above which a user moves at once. */
const MOVE_MARGIN = 0.2;

export interface AssignOptions {
  /** Number of signals behind the row. */
  readonly signals: number;
  /** The user's current persona; null for an assignment without history. */
  readonly held: Pick<PersonaChoice, 'personaId' | 'pending'> | null;
}

/**
 * Assigns a persona to a feature row. With `held`, hysteresis applies: the user stays unless the nearest persona leads
 * by a margin, or was nearest the last time as well. Throws InvalidShapeError and NotFiniteError for an invalid row.
 */
export function assignPersona(
  model: PersonaModel,
  row: Float64Array,
  { signals, held }: AssignOptions,
): PersonaChoice {
  const distances = distancesOf(model, transform(model.preprocessing, row));
  const nearest = nearestOf(distances);
  const confidences = confidencesOf(model, distances, signals);
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

/**
 * Confidence of each row's nearest persona, Float32Array [nRows]. `rows` is Float64Array, row-major [nRows, nFeatures];
 * `signals` is Int32Array [nRows]. Throws like `transform`.
 */
export function confidenceOfNearest(
  model: PersonaModel,
  rows: Float64Array,
  signals: Int32Array,
): Float32Array {
  const confidence = new Float32Array(signals.length);
  eachRow(model, rows, (distances, row) => {
    confidence[row] = confidencesOf(model, distances, signals[row])[nearestOf(distances)];
  });
  return confidence;
}

/** Feature rows of the same users after n signals and after 2n; rows as in `confidenceOfNearest`. */
export interface PersonaPairs {
  readonly signals: Int32Array;
  readonly before: Float64Array;
  readonly after: Float64Array;
}

/** The model with a calibration fitted to `pairs`; unchanged if there are too few. Throws like `transform`. */
export function calibratePersonas(model: PersonaModel, pairs: PersonaPairs): PersonaModel {
  const k = model.personas.length;
  const margins = new Float64Array(pairs.signals.length * k);
  eachRow(model, pairs.before, (distances, row) => {
    for (let c = 0; c < k; c++) margins[row * k + c] = marginOf(distances, c, model.temperature);
  });
  const fitted: CalibrationPairs = {
    signals: pairs.signals,
    margins,
    later: nearestOfRows(model, pairs.after),
  };
  return Object.freeze({ ...model, calibration: fitCalibration(fitted) });
}

/** Stated confidence after n signals against the outcome after 2n, for `pairs`. Throws like `transform`. */
export function measureReliability(model: PersonaModel, pairs: PersonaPairs): ReliabilityRow[] {
  const said = confidenceOfNearest(model, pairs.before, pairs.signals);
  const [before, after] = [nearestOfRows(model, pairs.before), nearestOfRows(model, pairs.after)];
  return reliabilityOf(
    Float64Array.from(said),
    Array.from(before, (persona, pair) => persona === after[pair]),
  );
}

function nearestOfRows(model: PersonaModel, rows: Float64Array): Int32Array {
  const nearest = new Int32Array(rows.length / model.preprocessing.names.length);
  eachRow(model, rows, (distances, row) => (nearest[row] = nearestOf(distances)));
  return nearest;
}

function eachRow(
  model: PersonaModel,
  rows: Float64Array,
  visit: (distances: Float64Array, row: number) => void,
): void {
  const nComponents = componentCount(model.preprocessing);
  const nRows = rows.length / model.preprocessing.names.length;
  const points = transform(model.preprocessing, rows);
  for (let row = 0; row < nRows; row++) {
    visit(distancesOf(model, points.subarray(row * nComponents, (row + 1) * nComponents)), row);
  }
}

function nearestOf(distances: Float64Array): number {
  let nearest = 0;
  for (let c = 1; c < distances.length; c++) if (distances[c] < distances[nearest]) nearest = c;
  return nearest;
}

/** Float64Array [k]: squared distances of a point in the clustering space to the centroids. */
function distancesOf({ centroids }: Pick<PersonaModel, 'centroids'>, point: Float64Array): Float64Array {
  const nComponents = point.length;
  const distances = new Float64Array(nComponents === 0 ? 1 : centroids.length / nComponents);
  for (let c = 0; c < distances.length; c++) {
    for (let m = 0; m < nComponents; m++) distances[c] += (point[m] - centroids[c * nComponents + m]) ** 2;
  }
  return distances;
}

/** Float64Array [k]. */
function confidencesOf(
  { calibration, temperature }: Pick<PersonaModel, 'calibration' | 'temperature'>,
  distances: Float64Array,
  signals: number,
): Float64Array {
  // A single persona is always kept.
  if (distances.length === 1) return Float64Array.of(1);
  if (calibration !== null)
    return distances.map((_, c) => calibrated(calibration, marginOf(distances, c, temperature), signals));
  const least = distances.reduce((a, b) => Math.min(a, b), Infinity);
  const weights = distances.map((distance) => Math.exp(-(distance - least) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Arrays of the preprocessing, and all stored arrays. */
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
  /** All fields except the arrays; JSON-serialisable. */
  readonly meta: {
    readonly names: readonly string[];
    readonly droppedNames: readonly string[];
    readonly zLimit: number;
    readonly explainedVariance: number;
    readonly temperature: number;
    /** Absent in versions of earlier releases. */
    readonly calibration?: Calibration | null;
    readonly personas: readonly PersonaSummary[];
  };
  readonly arrays: Readonly<Record<(typeof ARRAYS)[number], Float64Array | Int32Array>>;
}

/** Packs a model into named arrays and plain data, without copying. */
export function packPersonas(model: PersonaModel): PackedPersonas {
  const { preprocessing, distributions, centroids, temperature, calibration, personas } = model;
  const { names, droppedNames, zLimit, explainedVariance } = preprocessing;
  return {
    meta: { names, droppedNames, zLimit, explainedVariance, temperature, calibration, personas },
    arrays: {
      ...Object.fromEntries(PREPROCESSING_ARRAYS.map((name) => [name, preprocessing[name]])),
      ...distributions,
      centroids,
    } as PackedPersonas['arrays'],
  };
}

/** Unpacks a model. Throws InvalidModelError if an array is missing or inconsistent. */
export function unpackPersonas({ meta, arrays }: PackedPersonas): PersonaModel {
  for (const name of ARRAYS) {
    const array: unknown = arrays[name];
    const isRight =
      name === 'kept' || name === 'isLogged' ? array instanceof Int32Array : array instanceof Float64Array;
    if (!isRight) throw new InvalidModelError(`Persona part ${name} is missing or has the wrong type.`);
  }
  const { names, droppedNames, zLimit, explainedVariance, temperature, calibration = null, personas } = meta;
  const nComponents = arrays.variances.length;
  if (
    arrays.centroids.length !== personas.length * nComponents ||
    arrays.axes.length !== nComponents * arrays.kept.length ||
    arrays.edges.length !== names.length * 9 ||
    arrays.shares.length !== names.length * 10
  ) {
    throw new InvalidModelError('The parts of the persona model have inconsistent lengths.');
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
  return Object.freeze({
    preprocessing,
    distributions: { edges, shares },
    centroids,
    temperature,
    calibration,
    personas,
  });
}
