/** Percentile bootstrap over users (Efron 1979). */

import { createRandom } from '../linalg/index.js';

export interface Interval {
  readonly value: number;
  /** Bounds of the 95 % interval. */
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  readonly seed: number;
  /** Default 500. */
  readonly nResamples?: number;
}

/** Mean of `values` with its interval; all 0 for no values. */
export function bootstrapMean(values: Float64Array, { seed, nResamples = 500 }: BootstrapOptions): Interval {
  if (values.length === 0) return { value: 0, low: 0, high: 0 };
  const random = createRandom(seed);
  const means = new Float64Array(nResamples);
  for (let resample = 0; resample < nResamples; resample++) {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw++) sum += values[random.int(values.length)];
    means[resample] = sum / values.length;
  }
  means.sort();
  const at = (share: number) => means[Math.min(nResamples - 1, Math.floor(share * nResamples))];
  return { value: mean(values), low: at(0.025), high: at(0.975) };
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
