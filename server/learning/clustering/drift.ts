/** How far today's users have moved from those a version was trained on. */
import { InvalidShapeError } from '../errors.js';
import { quantileOfSorted, sortedColumn } from './columns.js';
import { componentCount, transform } from './preprocessing.js';
import type { FeatureDistributions, PersonaModel } from './persona-model.js';

const N_BINS = 10;
/** Stands in for an empty bin, whose logarithm has no value. */
const LEAST_SHARE = 1e-4;

/** Histograms of `features`, Float64Array, row-major [nUsers, nFeatures], at least one user. Throws InvalidShapeError. */
export function fitDistributions(features: Float64Array, nFeatures: number): FeatureDistributions {
  checkRows(features, nFeatures);
  const edges = new Float64Array(nFeatures * (N_BINS - 1));
  for (let f = 0; f < nFeatures; f++) {
    const sorted = sortedColumn(features, f, nFeatures);
    for (let e = 1; e < N_BINS; e++) edges[f * (N_BINS - 1) + e - 1] = quantileOfSorted(sorted, e / N_BINS);
  }
  return Object.freeze({ edges, shares: sharesIn(edges, features, nFeatures) });
}

/**
 * Population stability index of every feature, Float64Array [nFeatures]: 0 for the same distribution; by custom below
 * 0.1 is stable and above 0.25 has drifted. Throws InvalidShapeError.
 */
export function populationStability(
  { edges, shares }: FeatureDistributions,
  features: Float64Array,
): Float64Array {
  const nFeatures = shares.length / N_BINS;
  checkRows(features, nFeatures);
  const now = sharesIn(edges, features, nFeatures);
  const index = new Float64Array(nFeatures);
  for (let at = 0; at < shares.length; at++) {
    const before = Math.max(LEAST_SHARE, shares[at]);
    const after = Math.max(LEAST_SHARE, now[at]);
    index[Math.floor(at / N_BINS)] += (after - before) * Math.log(after / before);
  }
  return index;
}

/** What changed of one persona between two versions that both have it. */
export interface PersonaDrift {
  readonly personaId: string;
  /** Distance its centroid moved in the later version's clustering space, in typical distances from a centroid. */
  readonly centroidShift: number;
  /** Change of its share of all users, -1..1. */
  readonly shareShift: number;
}

/** Drift of the personas both versions have, in the later one's order; none when their features differ. Throws nothing. */
export function personaDrift(earlier: PersonaModel, later: PersonaModel): PersonaDrift[] {
  const { names } = later.preprocessing;
  if (earlier.preprocessing.names.join('\n') !== names.join('\n')) return [];
  const pointOf = ({ centroid }: PersonaModel['personas'][number]) =>
    transform(
      later.preprocessing,
      Float64Array.from(names, (name) => centroid[name]),
    );
  return later.personas.flatMap((persona) => {
    const before = earlier.personas.find(({ personaId }) => personaId === persona.personaId);
    if (before === undefined) return [];
    const from = pointOf(before);
    const to = pointOf(persona);
    let square = 0;
    for (let m = 0; m < componentCount(later.preprocessing); m++) square += (to[m] - from[m]) ** 2;
    const centroidShift = Math.sqrt(square / later.temperature);
    return [{ personaId: persona.personaId, centroidShift, shareShift: persona.share - before.share }];
  });
}

function sharesIn(edges: Float64Array, features: Float64Array, nFeatures: number): Float64Array {
  const nUsers = features.length / nFeatures;
  const shares = new Float64Array(nFeatures * N_BINS);
  for (let at = 0; at < features.length; at++) {
    const f = at % nFeatures;
    let bin = 0;
    while (bin < N_BINS - 1 && features[at] > edges[f * (N_BINS - 1) + bin]) bin++;
    shares[f * N_BINS + bin] += 1 / nUsers;
  }
  return shares;
}

function checkRows(features: Float64Array, nFeatures: number): void {
  if (features.length === 0 || features.length % nFeatures !== 0) {
    throw new InvalidShapeError(`${features.length} values do not make rows of ${nFeatures} features.`);
  }
}
