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
  return bootstrapMeans([values], options)[0];
}

/** Means of several figures of the same users, with intervals; the users are drawn once for all figures. */
export function bootstrapMeans(figures: readonly Float64Array[], options: BootstrapOptions): Interval[] {
  return bootstrap(
    figures[0]?.length ?? 0,
    options,
    figures.map((values) => (draw) => meanOf(values, draw)),
  );
}

/** Ratio of the means of `values` and `others`, users resampled in pairs; 0 for a zero denominator. */
export function bootstrapRatio(
  values: Float64Array,
  others: Float64Array,
  options: BootstrapOptions,
): Interval {
  const ratio = (draw: Int32Array) => {
    const below = meanOf(others, draw);
    return below === 0 ? 0 : meanOf(values, draw) / below;
  };
  return bootstrap(values.length, options, [ratio])[0];
}

function bootstrap(
  size: number,
  { seed, nResamples = 500 }: BootstrapOptions,
  figures: readonly ((draw: Int32Array) => number)[],
): Interval[] {
  if (size === 0) return figures.map(() => ({ value: 0, low: 0, high: 0 }));
  const random = createRandom(seed);
  const draw = Int32Array.from({ length: size }, (_, row) => row);
  const values = figures.map((figure) => figure(draw));
  const resampled = figures.map(() => new Float64Array(nResamples));
  for (let resample = 0; resample < nResamples; resample++) {
    for (let row = 0; row < size; row++) draw[row] = random.int(size);
    figures.forEach((figure, f) => (resampled[f][resample] = figure(draw)));
  }
  return resampled.map((sample, f) => {
    sample.sort();
    const at = (share: number) => sample[Math.min(nResamples - 1, Math.floor(share * nResamples))];
    return { value: values[f], low: at(0.025), high: at(0.975) };
  });
}

function meanOf(values: Float64Array, draw: Int32Array): number {
  let sum = 0;
  for (let row = 0; row < draw.length; row++) sum += values[draw[row]];
  return sum / draw.length;
}
