/**
 * Chooses a list item by item: maximal marginal relevance (Carbonell and Goldstein 1998) balances relevance against
 * similarity within the list, and calibration against the balance of the user's facets.
 */
import { CalibrationPenalty, keepEveryFacet } from './calibrate.js';

import type { ScoredItems } from '../factorization/index.js';
import type { Calibration } from './calibrate.js';

interface DiversifyOptions {
  /** Number of items to select. */
  readonly n: number;
  /** 0 keeps the order of the scores; 1 uses dissimilarity only. */
  readonly diversity: number;
  /** Float32Array, row-major [nItems, nComponents]; similarity is the cosine of rows. */
  readonly embeddings: Float32Array;
  readonly nComponents: number;
  /** Absent: the list is not calibrated. */
  readonly calibration?: Calibration;
}

/**
 * Selects from the candidates (best score first), step by step, the item with the largest (1 - diversity) * relevance -
 * diversity * similarity to the nearest selected item, relevance being the score scaled to 0..1.
 */
export function diversify({ items: candidates, scores }: ScoredItems, options: DiversifyOptions): Int32Array {
  const { diversity, embeddings, nComponents: d, calibration } = options;
  const n = Math.min(options.n, candidates.length);
  if (n === 0 || (diversity <= 0 && calibration === undefined)) return candidates.slice(0, n);
  const best = scores[0];
  const range = best - scores[scores.length - 1];
  const units = unitRows(candidates, embeddings, d);
  const likeness = new Float64Array(candidates.length);
  const isPicked = new Uint8Array(candidates.length);
  const picked = new Int32Array(n);
  const penalty = calibration === undefined ? null : new CalibrationPenalty(calibration);
  for (let rank = 0; rank < n; rank++) {
    let winner = -1;
    let winning = -Infinity;
    for (let c = 0; c < candidates.length; c++) {
      if (isPicked[c] === 1) continue;
      const relevance = range > 0 ? 1 - (best - scores[c]) / range : 1;
      const value = (1 - diversity) * relevance - diversity * likeness[c] - (penalty?.of(candidates[c]) ?? 0);
      if (value > winning) {
        winning = value;
        winner = c;
      }
    }
    isPicked[winner] = 1;
    picked[rank] = candidates[winner];
    penalty?.add(candidates[winner]);
    if (diversity <= 0) continue;
    for (let c = 0; c < candidates.length; c++) {
      if (isPicked[c] === 1) continue;
      let cosine = 0;
      for (let f = 0; f < d; f++) cosine += units[c * d + f] * units[winner * d + f];
      if (cosine > likeness[c]) likeness[c] = cosine;
    }
  }
  return calibration === undefined ? picked : keepEveryFacet(picked, candidates, calibration);
}

/** Float64Array, row-major [rows.length, d]: these rows scaled to length 1; zeros stay zeros. */
function unitRows(rows: Int32Array, embeddings: Float32Array, d: number): Float64Array {
  const units = new Float64Array(rows.length * d);
  rows.forEach((item, row) => {
    let squares = 0;
    for (let f = 0; f < d; f++) squares += embeddings[item * d + f] ** 2;
    const length = Math.sqrt(squares);
    if (length === 0) return;
    for (let f = 0; f < d; f++) units[row * d + f] = embeddings[item * d + f] / length;
  });
  return units;
}
