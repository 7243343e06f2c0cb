/** Agreement between two labellings of the same rows. */
import { InvalidShapeError } from '../errors.js';

/**
 * Contingency table: Float64Array, row-major [nA, nB], row counts per pair of labels. Throws InvalidShapeError for
 * labellings of unequal length.
 */
export function overlapOf(a: Int32Array, b: Int32Array, nA: number, nB: number): Float64Array {
  if (a.length !== b.length)
    throw new InvalidShapeError(`Labellings must have equal lengths, not ${a.length} and ${b.length}.`);
  const counts = new Float64Array(nA * nB);
  for (let i = 0; i < a.length; i++) counts[a[i] * nB + b[i]]++;
  return counts;
}

/**
 * The adjusted Rand index (Hubert and Arabie 1985): 1 for equal clusters under any labels, 0 on average for unrelated
 * clusters, 1 when both labellings have a single cluster. Labels count from 0. Throws like `overlapOf`.
 */
export function adjustedRandIndex(a: Int32Array, b: Int32Array): number {
  const nA = clusterCount(a);
  const nB = clusterCount(b);
  const counts = overlapOf(a, b, nA, nB);
  const rows = new Float64Array(nA);
  const columns = new Float64Array(nB);
  counts.forEach((count, at) => {
    rows[Math.floor(at / nB)] += count;
    columns[at % nB] += count;
  });
  const together = pairsIn(counts);
  const inA = pairsIn(rows);
  const inB = pairsIn(columns);
  const all = (a.length * (a.length - 1)) / 2;
  const expected = all > 0 ? (inA * inB) / all : 0;
  const most = (inA + inB) / 2;
  return most === expected ? 1 : (together - expected) / (most - expected);
}

function pairsIn(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + (count * (count - 1)) / 2, 0);
}

function clusterCount(labels: Int32Array): number {
  return labels.reduce((largest, label) => Math.max(largest, label), 0) + 1;
}
