/**
 * Stage 4: fits personas to the feature matrix. Preprocessing, KMeans for every k, exact silhouettes of all k in a
 * single pass, choice of k by elbow and silhouette, and names that keep their meaning across versions.
 */

import type { KernelThreads } from '../kernels/index.js';
import type { ClusterEvidence } from './choose-k.js';
import { chooseK } from './choose-k.js';
import type { ClusterName } from './describe.js';
import { distinctiveFeatures, nameClusters } from './describe.js';
import { fitDistributions } from './drift.js';
import { elbowHeights } from './elbow.js';
import type { KMeansFit } from './kmeans.js';
import { fitKMeansEach, nearestCentroids } from './kmeans.js';
import { matchPersonas, transitionsOf } from './match-personas.js';
import type { PersonaMatch, PersonaTransition } from './match-personas.js';
import type { PersonaModel, PersonaSummary } from './persona-model.js';
import { confidenceOfNearest } from './persona-model.js';
import {
  componentCount,
  fitPreprocessing,
  flagOutliers,
  standardise,
  transform,
  withoutRobots,
} from './preprocessing.js';
import type { Preprocessing } from './preprocessing.js';
import { extendSilhouettes, featureSilhouettes, measureSilhouettes } from './silhouette.js';

/** Persona id when all users are alike; no later persona continues it. */
const EVERYONE = 'everyone';

export interface PersonaOptions {
  /** A name per feature column. */
  readonly names: readonly string[];
  readonly seed: number;
  /** Columns with codes of words, which are no distances; none by default. */
  readonly nominal?: readonly string[];
  /** Min and max number of clusters tried; defaults 2 and 10. */
  readonly kMin?: number;
  readonly kMax?: number;
  /** Starts per k; default 10. */
  readonly nInit?: number;
  /** Weight of the elbow relative to the silhouette in the choice of k, 0..1; default 0.5. */
  readonly elbowWeight?: number;
  /** Min number of components kept, even below the noise threshold; default 2. */
  readonly minComponents?: number;
  /** Threads to share the work with; the result does not depend on them. Default: none. */
  readonly threads?: KernelThreads;
  /** The previous version: its names stay with the nearest clusters. */
  readonly previous?: PersonaModel;
  /** Called with the completed share of the work, 0..1. */
  readonly onProgress?: (fraction: number) => void;
}

export interface PersonaFit {
  readonly model: PersonaModel;
  /** Int32Array [nUsers], index into `model.personas`. */
  readonly labels: Int32Array;
  /** Float32Array [nUsers], softmax over squared distances, 0..1: the model is not calibrated yet. */
  readonly confidence: Float32Array;
  /** Float32Array [nUsers], -1..1. */
  readonly silhouettes: Float32Array;
  /** Mean silhouette of the chosen k, in the components that KMeans ran in. */
  readonly silhouette: number;
  /** The same clusters in all standardised features, which also hold what the components leave out. */
  readonly featureSilhouette: number;
  /** An entry per k tried. */
  readonly evidence: readonly ClusterEvidence[];
  /** Float32Array, row-major [nUsers, 2]: the first two principal components. */
  readonly projection: Float32Array;
  /** Uint8Array [nUsers]: 1 if a value was winsorised. */
  readonly outliers: Uint8Array;
  /** Transitions from the personas of `previous`; empty without a comparable version. */
  readonly transitions: readonly PersonaTransition[];
}

/**
 * Fits personas to `features`, Float64Array, row-major [nUsers, names.length]. If all users are alike, there is a
 * single persona. Throws InvalidShapeError, InsufficientDataError for no users, and NotFiniteError naming row and
 * feature.
 */
export function fitPersonas(features: Float64Array, options: PersonaOptions): PersonaFit {
  const { names, nominal, seed, kMin = 2, kMax = 10, nInit = 10, previous, onProgress } = options;
  const { elbowWeight, minComponents, threads } = options;
  const whole = fitPreprocessing(features, { names, nominal, minComponents });
  // Robots would stretch every axis and form a persona: they are assigned a persona but left out of the fit.
  const typical = withoutRobots(whole, features);
  const preprocessing =
    typical === features ? whole : fitPreprocessing(typical, { names, nominal, minComponents });
  const nUsers = features.length / names.length;
  const nComponents = componentCount(preprocessing);
  const points = transform(preprocessing, features);
  const typicalPoints = typical === features ? points : transform(preprocessing, typical);
  onProgress?.(0.05);

  const ks = clusterNumbers(kMin, Math.min(kMax, typical.length / names.length - 1));
  const found =
    nComponents === 0 ? [] : fitKMeansEach(typicalPoints, nComponents, ks, { seed, nInit, threads });
  // Fewer distinct users than clusters: a higher k cannot find more.
  const nFits = found.findIndex((fit, i) => fit.k < ks[i]);
  const fits = found.slice(0, nFits < 0 ? undefined : nFits).map((fit) => ({
    ...fit,
    labels: typical === features ? fit.labels : nearestCentroids(points, nComponents, fit.centroids),
  }));
  onProgress?.(0.55);
  if (fits.length === 0) return onePersona(features, preprocessing, points);

  const labellings = fits.map((fit) => fit.labels);
  const silhouettes = measureSilhouettes(points, nComponents, labellings, { threads });
  onProgress?.(0.9);
  const heights = elbowHeights(
    fits.map((fit) => fit.k),
    fits.map((fit) => fit.inertia),
  );
  const evidence = fits.map((fit, i) => ({
    k: fit.k,
    inertia: fit.inertia,
    silhouette: silhouettes.labellings[i].mean,
    elbow: heights[i],
  }));
  const chosen = chooseK(evidence, elbowWeight);
  const fit = fits[chosen];
  const all = silhouettes.isExact
    ? silhouettes.labellings[chosen]
    : extendSilhouettes(points, nComponents, fit.labels, silhouettes.rows, threads);

  const match = isComparable(previous, names) ? matchPersonas(previous, features, fit) : null;
  const taken = namesKept(match, previous, fit.k);
  const personas = summarise(features, { preprocessing, fit, perCluster: all.perCluster, taken });
  const model = Object.freeze({
    preprocessing,
    distributions: fitDistributions(features, names.length),
    centroids: fit.centroids,
    temperature: Math.max(Number.MIN_VALUE, fit.inertia / nUsers),
    calibration: null,
    personas,
  });
  onProgress?.(1);
  return {
    model,
    labels: fit.labels,
    confidence: confidenceOfNearest(model, features, new Int32Array(nUsers)),
    silhouettes: all.values,
    silhouette: evidence[chosen].silhouette,
    featureSilhouette: featureSilhouettes(preprocessing, features, fit.labels, threads).mean,
    evidence,
    projection: firstTwo(points, nUsers),
    outliers: flagOutliers(preprocessing, features),
    transitions:
      match === null || previous === undefined
        ? []
        : transitionsOf(idsOf(previous), idsOf(model), match.overlap),
  };
}

function clusterNumbers(kMin: number, kMax: number): number[] {
  return Array.from({ length: Math.max(0, kMax - kMin + 1) }, (_, i) => kMin + i);
}

function isComparable(
  previous: PersonaModel | undefined,
  names: readonly string[],
): previous is PersonaModel {
  return previous !== undefined && previous.preprocessing.names.join('\n') === names.join('\n');
}

function idsOf({ personas }: Pick<PersonaModel, 'personas'>): string[] {
  return personas.map(({ personaId }) => personaId);
}

/** A single persona for all users, since no feature distinguishes them. */
function onePersona(features: Float64Array, preprocessing: Preprocessing, points: Float64Array): PersonaFit {
  const { names } = preprocessing;
  const nUsers = features.length / names.length;
  const nComponents = componentCount(preprocessing);
  const centroids = new Float64Array(nComponents);
  for (let i = 0; i < points.length; i++) centroids[i % nComponents] += points[i] / nUsers;
  const persona: PersonaSummary = {
    personaId: EVERYONE,
    label: 'Everyone',
    description: 'Too few or too similar users to tell personas apart yet.',
    size: nUsers,
    share: 1,
    silhouette: 0,
    centroid: meansOf(features, names, null, 0),
    distinctive: [],
  };
  let inertia = 0;
  for (let i = 0; i < points.length; i++) inertia += (points[i] - centroids[i % nComponents]) ** 2;
  const model = Object.freeze({
    preprocessing,
    distributions: fitDistributions(features, names.length),
    centroids,
    temperature: Math.max(Number.MIN_VALUE, inertia / nUsers),
    calibration: null,
    personas: Object.freeze([persona]),
  });
  return {
    model,
    labels: new Int32Array(nUsers),
    confidence: new Float32Array(nUsers).fill(1),
    silhouettes: new Float32Array(nUsers),
    silhouette: 0,
    featureSilhouette: 0,
    evidence: [{ k: 1, inertia, silhouette: 0, elbow: 0 }],
    projection: firstTwo(points, nUsers),
    outliers: flagOutliers(preprocessing, features),
    transitions: [],
  };
}

function summarise(
  features: Float64Array,
  parts: {
    preprocessing: Preprocessing;
    fit: KMeansFit;
    perCluster: Float64Array;
    taken: readonly (Pick<ClusterName, 'personaId' | 'label'> | null)[];
  },
): readonly PersonaSummary[] {
  const { preprocessing, fit, perCluster, taken } = parts;
  const { names, kept } = preprocessing;
  const keptNames = Array.from(kept, (column) => names[column]);
  const zScores = clusterMeans(standardise(preprocessing, features), kept.length, fit);
  const clusterNames = nameClusters(zScores, keptNames, taken);
  const sizes = new Int32Array(fit.k);
  for (const label of fit.labels) sizes[label] += 1;
  return Object.freeze(
    clusterNames.map((name, cluster) => ({
      ...name,
      size: sizes[cluster],
      share: sizes[cluster] / fit.labels.length,
      silhouette: perCluster[cluster],
      centroid: meansOf(features, names, fit.labels, cluster),
      distinctive: distinctiveFeatures(zScores, keptNames, cluster),
    })),
  );
}

/** Names that clusters keep from the previous version. */
function namesKept(
  match: PersonaMatch | null,
  previous: PersonaModel | undefined,
  k: number,
): (Pick<ClusterName, 'personaId' | 'label'> | null)[] {
  return Array.from({ length: k }, (_, cluster) => {
    const before = match === null ? -1 : match.earlier[cluster];
    if (previous === undefined || before < 0) return null;
    const { personaId, label } = previous.personas[before];
    return personaId === EVERYONE ? null : { personaId, label };
  });
}

/** Float64Array, row-major [k, nColumns]. */
function clusterMeans(rows: Float64Array, nColumns: number, { k, labels }: KMeansFit): Float64Array {
  const means = new Float64Array(k * nColumns);
  const sizes = new Float64Array(k);
  labels.forEach((label, row) => {
    sizes[label] += 1;
    for (let c = 0; c < nColumns; c++) means[label * nColumns + c] += rows[row * nColumns + c];
  });
  return means.map((sum, i) => sum / Math.max(1, sizes[Math.floor(i / Math.max(1, nColumns))]));
}

/** Means of a cluster's users in plain feature units; of all users without labels. */
function meansOf(
  features: Float64Array,
  names: readonly string[],
  labels: Int32Array | null,
  cluster: number,
): Record<string, number> {
  const sums = new Float64Array(names.length);
  let size = 0;
  for (let row = 0; row * names.length < features.length; row++) {
    if (labels !== null && labels[row] !== cluster) continue;
    size += 1;
    for (let c = 0; c < names.length; c++) sums[c] += features[row * names.length + c];
  }
  return Object.fromEntries(names.map((name, c) => [name, size === 0 ? 0 : sums[c] / size]));
}

/** Float32Array, row-major [nUsers, 2]; zeros for a missing axis. */
function firstTwo(points: Float64Array, nUsers: number): Float32Array {
  const nComponents = points.length / nUsers;
  const projection = new Float32Array(nUsers * 2);
  for (let user = 0; user < nUsers; user++) {
    for (let axis = 0; axis < Math.min(2, nComponents); axis++) {
      projection[user * 2 + axis] = points[user * nComponents + axis];
    }
  }
  return projection;
}
