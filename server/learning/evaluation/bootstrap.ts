/** Percentile bootstrap over users (Efron 1979). */

import { createRandom } from '../linalg/index.js';

export interface Interval {
  readonly value: number;
  /** Bounds of the 95 % interval. */
  readonly low: number;
  readonly high: number;
}

interface BootstrapOptions {
  readonly seed: number;
  /** Default 500. */
  readonly nResamples?: number;
}

/** Mean of `values` with its interval; all 0 without values. */
export function bootstrapMean(values: Float64Array, options: BootstrapOptions): Interval {
  return bootstrap(values.length, options, (draw) => meanOf(values, draw));
}

/** Ratio of the means of `values` and `others`, users resampled in pairs; 0 for a zero denominator. */
export function bootstrapRatio(
  values: Float64Array,
  others: Float64Array,
  options: BootstrapOptions,
): Interval {
  return bootstrap(values.length, options, (draw) => {
    const below = meanOf(others, draw);
    return below === 0 ? 0 : meanOf(values, draw) / below;
  });
}

function bootstrap(
  size: number,
  { seed, nResamples = 500 }: BootstrapOptions,
  figure: (draw: Int32Array) => number,
): Interval {
  if (size === 0) return { value: 0, low: 0, high: 0 };
  const random = createRandom(seed);
  const draw = Int32Array.from({ length: size }, (_, row) => row);
  const value = figure(draw);
  const resampled = new Float64Array(nResamples);
  for (let resample = 0; resample < nResamples; resample++) {
    for (let row = 0; row < size; row++) draw[row] = random.int(size);
    resampled[resample] = figure(draw);
  }
  resampled.sort();
  const at = (share: number) => resampled[Math.min(nResamples - 1, Math.floor(share * nResamples))];
  return { value, low: at(0.025), high: at(0.975) };
}

function meanOf(values: Float64Array, draw: Int32Array): number {
  let sum = 0;
  for (let row = 0; row < draw.length; row++) sum += values[draw[row]];
  return sum / draw.length;
}
