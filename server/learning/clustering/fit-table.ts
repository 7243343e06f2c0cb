/**
 * Fits personas to an arbitrary table without prior knowledge of its columns: `fitPersonas` with three precautions.
 *
 * The silhouette alone decides k, with the elbow as tie-breaker. Groups of one-hot columns keep all of their
 * directions. Columns with a few repeated values are spread evenly over their steps while k is chosen: equal values
 * would otherwise count as clusters with a silhouette of 1 each.
 */
import { createRandom } from '../linalg/random.js';
import type { ClusterEvidence } from './choose-k.js';
import type { PersonaFit } from './fit-personas.js';
import { fitPersonas } from './fit-personas.js';
import { measureStructure } from './structure.js';
import type { Structure } from './structure.js';

export interface TableOptions {
  /** A name per column. */
  readonly names: readonly string[];
  readonly seed: number;
  /** Called with the completed share of the work, 0..1. */
  readonly onProgress?: (fraction: number) => void;
}

export interface TableFit {
  readonly fit: PersonaFit;
  /** An entry per k tried. */
  readonly evidence: readonly ClusterEvidence[];
  /** Names of the one-hot groups: 0/1 columns that sum to 1 in every row. */
  readonly oneHotGroups: readonly (readonly string[])[];
  /** Null for a single persona. */
  readonly structure: Structure | null;
}

/** Max number of clusters tried. */
export const MOST_CLUSTERS = 10;
/** A silhouette better by 0.02 outweighs any usual elbow. */
const ELBOW_WEIGHT = 0.05;
const FLOOR_OF_COMPONENTS = 2;
const MAX_REPEATED_VALUES = 10;
/** Min rows per value for values to count as repeated. */
const MIN_ROWS_PER_VALUE = 5;

/** `features` is Float64Array, row-major [nRows, names.length], and is not changed. Throws like `fitPersonas`. */
export function fitTable(features: Float64Array, { names, seed, onProgress }: TableOptions): TableFit {
  const size = names.length;
  const groups = oneHotGroups(features, size);
  const directions = groups.reduce((sum, group) => sum + group.length - 1, 0);
  const isAllOneHot = groups.flat().length === size && groups.length > 0;
  const minComponents = directions + (isAllOneHot ? 0 : FLOOR_OF_COMPONENTS);
  const spread = spreadRepeats(features, size, seed);
  const kMax = Math.min(MOST_CLUSTERS, distinctRows(features, size));
  const options = { names, seed, minComponents, elbowWeight: ELBOW_WEIGHT };
  const tried = fitPersonas(spread ?? features, {
    ...options,
    kMax,
    onProgress: (part) => onProgress?.(0.6 * part),
  });
  const k = tried.model.personas.length;
  const again = spread === null || k === 1 ? tried : fitPersonas(features, { ...options, kMin: k, kMax: k });
  // Without the spread, there may be too few distinct rows for k clusters.
  const fit = again.model.personas.length === k ? again : tried;
  const structure =
    k === 1
      ? null
      : measureStructure(spread ?? features, tried.model.preprocessing, k, { seed, kMax, minComponents });
  onProgress?.(1);
  return {
    fit,
    evidence: tried.evidence,
    oneHotGroups: groups.map((group) => group.map((column) => names[column])),
    structure,
  };
}

/** Adjacent 0/1 columns that sum to 1 in every row. */
function oneHotGroups(features: Float64Array, size: number): number[][] {
  const isBinary = Array.from({ length: size }, (_, c) => {
    for (let at = c; at < features.length; at += size)
      if (features[at] !== 0 && features[at] !== 1) return false;
    return true;
  });
  const groups: number[][] = [];
  for (let start = 0; start < size; start++) {
    const sums = new Uint8Array(features.length / size);
    for (let c = start; c < size && isBinary[c]; c++) {
      for (let row = 0; row < sums.length; row++) sums[row] += features[row * size + c];
      if (sums.some((sum) => sum > 1)) break;
      if (c === start || sums.includes(0)) continue;
      groups.push(Array.from({ length: c - start + 1 }, (_, i) => start + i));
      start = c;
      break;
    }
  }
  return groups;
}

/** The table with repeated values spread upwards over their smallest step; null if no column has repeated values. */
function spreadRepeats(features: Float64Array, size: number, seed: number): Float64Array | null {
  const random = createRandom(seed);
  const nRows = features.length / size;
  let spread: Float64Array | null = null;
  for (let c = 0; c < size; c++) {
    const values = [...new Set(features.filter((_, at) => at % size === c))].sort((a, b) => a - b);
    const isRepeated = values.length <= MAX_REPEATED_VALUES && nRows >= MIN_ROWS_PER_VALUE * values.length;
    if (values.length < 3 || !isRepeated) continue;
    spread ??= features.slice();
    const step = values.slice(1).reduce((least, value, i) => Math.min(least, value - values[i]), Infinity);
    for (let at = c; at < features.length; at += size) spread[at] += random.next() * step;
  }
  return spread;
}

function distinctRows(features: Float64Array, size: number): number {
  const rows = new Set<string>();
  for (let at = 0; at < features.length && rows.size < MOST_CLUSTERS; at += size)
    rows.add(features.subarray(at, at + size).join());
  return rows.size;
}
