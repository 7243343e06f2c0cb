/** Statistics of a column of numbers. No function changes its input or throws. */

/** A column of a row-major table in ascending order, Float64Array [nRows]. */
export function sortedColumn(table: Float64Array, column: number, nColumns: number): Float64Array {
  const values = new Float64Array(table.length / nColumns);
  for (let r = 0; r < values.length; r++) values[r] = table[r * nColumns + column];
  return values.sort();
}

/** True if the values differ by no more than rounding. */
export function isConstant(sorted: Float64Array): boolean {
  const last = sorted[sorted.length - 1];
  return last - sorted[0] <= 1e-12 * Math.max(Math.abs(last), Math.abs(sorted[0]));
}

/** The quantile at `share` (0..1) of an ascending array, interpolated linearly. */
export function quantileOfSorted(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}

/** Mean, population standard deviation and skewness; the skewness of a constant column is 0. */
export function momentsOf(values: Float64Array): { mean: number; deviation: number; skewness: number } {
  const n = values.length;
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / n;
  let second = 0;
  let third = 0;
  for (const value of values) {
    const difference = value - mean;
    second += difference * difference;
    third += difference * difference * difference;
  }
  const deviation = Math.sqrt(second / n);
  return { mean, deviation, skewness: deviation > 0 ? third / n / deviation ** 3 : 0 };
}

/**
 * Median and robust standard deviation of an ascending array: 1.4826 MAD or, if more than half of the values are equal
 * and the MAD is zero, 1.2533 times the mean absolute deviation.
 */
export function centreAndSpread(sorted: Float64Array): { centre: number; spread: number } {
  const centre = quantileOfSorted(sorted, 0.5);
  const deviations = sorted.map((value) => Math.abs(value - centre)).sort();
  const mad = quantileOfSorted(deviations, 0.5);
  return { centre, spread: mad > 0 ? 1.4826 * mad : 1.2533 * momentsOf(deviations).mean };
}
