/** Solves a small symmetric system by Cholesky's decomposition, in float64. */

/** Smallest pivot, relative to the largest diagonal: noise can make a matrix indefinite. */
const MIN_PIVOT = 0.01;

/** x := (A + lambda I)^-1 x, with the lower triangle of A row by row; A is overwritten. */
export function solveSymmetric(a: Float64Array, x: Float64Array, lambda: number): void {
  const n = x.length;
  let largest = lambda;
  for (let i = 0, at = 0; i < n; i++, at += i + 1) {
    a[at] += lambda;
    largest = Math.max(largest, a[at]);
  }
  for (let i = 0, row = 0; i < n; row += ++i) {
    for (let j = 0, other = 0; j <= i; other += ++j) {
      let sum = a[row + j];
      for (let k = 0; k < j; k++) sum -= a[row + k] * a[other + k];
      a[row + j] = j < i ? sum / a[other + j] : Math.sqrt(Math.max(sum, MIN_PIVOT * largest));
    }
    let sum = x[i];
    for (let k = 0; k < i; k++) sum -= a[row + k] * x[k];
    x[i] = sum / a[row + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    const row = (i * (i + 1)) / 2;
    x[i] /= a[row + i];
    for (let k = 0; k < i; k++) x[k] -= a[row + k] * x[i];
  }
}
