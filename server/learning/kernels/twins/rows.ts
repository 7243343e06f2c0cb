/** Twin of assembly/rows.ts: always the d x d normal equations, with the same solution. */
import { cholesky, choleskySolve } from './dense.js';

import type { SolveRowsArguments } from '../types.js';

export function solveRows(args: SolveRowsArguments): void {
  const {
    indptr,
    indices,
    confidence,
    target,
    factors,
    nComponents: d,
    ridge,
    lambda,
    prior,
    priorRow,
  } = args;
  const a = new Float32Array(d * d);
  for (let u = args.from; u < args.to; u++) {
    const w = args.out.subarray(u * d, u * d + d);
    const m = (priorRow?.[u] ?? u) * d;
    a.fill(0);
    for (let f = 0; f < d; f++) {
      a[f * d + f] = ridge[f] + lambda[u];
      w[f] = lambda[u] * prior[m + f];
    }
    for (let p = indptr[u]; p < indptr[u + 1]; p++) {
      const h = indices[p] * d;
      for (let x = 0; x < d; x++) {
        const ch = confidence[p] * factors[h + x];
        w[x] += ch * target[p];
        for (let y = 0; y <= x; y++) a[x * d + y] += ch * factors[h + y];
      }
    }
    cholesky(a, d);
    choleskySolve(a, d, w);
  }
}
