import { describe, expect, it } from 'vitest';

import {
  UNSHARED_KERNELS_BASE64,
  createKernels,
  type KernelExports,
  type Kernels,
} from '../../../server/learning/kernels/index.js';
import { createRandom, transpose } from '../../../server/learning/linalg/index.js';

/** Runs the same work on both backends and expects the same numbers. */
function expectAgreement(work: (kernels: Kernels) => Float32Array | Int32Array, digits = 4): void {
  const fast = work(createKernels({ backend: 'webassembly' }));
  const plain = work(createKernels({ backend: 'typescript' }));
  expect(fast.length).toBe(plain.length);
  expect(fast.length).toBeGreaterThan(0);
  for (let i = 0; i < fast.length; i++) expect(fast[i]).toBeCloseTo(plain[i], digits);
}

function noise(kernels: Kernels, length: number, seed: number): Float32Array {
  const random = createRandom(seed);
  return kernels.arena.copyFloat32(Float32Array.from({ length }, () => random.normal()));
}

/** A random sparse matrix seen both ways, with a dense row per column. */
function columnGram(kernels: Kernels, nRows: number, nColumns: number, nComponents: number) {
  const random = createRandom(5);
  const indptr = new Int32Array(nRows + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (let r = 0; r < nRows; r++) {
    for (let c = 0; c < nColumns; c++) {
      if (random.next() > 0.2) continue;
      indices.push(c);
      values.push(0.5 + random.next());
    }
    indptr[r + 1] = indices.length;
  }
  const rows = { indptr, indices: Int32Array.from(indices), values: Float32Array.from(values) };
  const columns = transpose(rows, nColumns);
  const { arena } = kernels;
  const dense = noise(kernels, nColumns * nComponents, 6);
  for (let f = 0; f < dense.length; f++) dense[f] *= 0.3;
  return {
    rowPtr: arena.copyInt32(rows.indptr),
    rowColumns: arena.copyInt32(rows.indices),
    rowValues: arena.copyFloat32(rows.values),
    columnPtr: arena.copyInt32(columns.indptr),
    columnRows: arena.copyInt32(columns.indices),
    columnValues: arena.copyFloat32(columns.values),
    dense,
    nComponents,
  };
}

describe('the WebAssembly kernels agree with their TypeScript twins', () => {
  it('on the Gram matrix of many rows, on top of what was there', () => {
    expectAgreement((kernels) => {
      const a = kernels.arena.float32(24 * 24).fill(1);
      kernels.accumulateGram(noise(kernels, 700 * 24, 1), 700, 24, a);
      return a.map((value, at) => (at % 24 <= Math.floor(at / 24) ? value : 0));
    }, 2);
  });

  it('on a Cholesky factorisation and the solution it gives', () => {
    expectAgreement((kernels) => {
      const n = 20;
      const a = kernels.arena.float32(n * n);
      // The Gram kernel wants a multiple of eight columns; the last four are cut off.
      const wide = kernels.arena.float32(24 * 24);
      kernels.accumulateGram(noise(kernels, 60 * 24, 2), 60, 24, wide);
      for (let x = 0; x < n; x++) for (let y = 0; y <= x; y++) a[x * n + y] = wide[x * 24 + y];
      const x = noise(kernels, n, 3);
      kernels.cholesky(a, n);
      kernels.choleskySolve(a, n, x);
      return x;
    });
  });

  it('on an eigen-decomposition, up to the signs of the vectors', () => {
    expectAgreement((kernels) => {
      const gram = kernels.arena.float32(24 * 24);
      kernels.accumulateGram(noise(kernels, 40 * 24, 4), 40, 24, gram);
      const { values, vectors } = kernels.symmetricEigen(gram, 24);
      return Float32Array.of(...values, ...vectors.map((value) => Math.abs(value)));
    }, 3);
  });

  it('on the eigenvalues of a matrix that is already diagonal, and of one without rank', () => {
    expectAgreement((kernels) => {
      const diagonal = kernels.arena.float32(64);
      for (let i = 0; i < 8; i++) diagonal[i * 8 + i] = 8 - i;
      const none = kernels.symmetricEigen(kernels.arena.float32(64), 8).values;
      return Float32Array.of(...kernels.symmetricEigen(diagonal, 8).values, ...none);
    });
  });

  it('on a matrix times a square and times vectors, also when the rows are not a multiple of four', () => {
    expectAgreement((kernels) => {
      const rows = noise(kernels, 11 * 16, 1);
      const out = kernels.arena.float32(11 * 16);
      kernels.multiplySquare(rows, 11, 16, noise(kernels, 256, 2), out);
      const products = kernels.arena.float32(3 * 11);
      kernels.multiplyVectors(rows, 11, noise(kernels, 3 * 16, 3), 3, products);
      const some = kernels.arena.float32(4);
      kernels.multiplySome(rows, kernels.arena.copyInt32([3, 0, 10, 3]), noise(kernels, 16, 4), some);
      return Float32Array.of(...out, ...products, ...some);
    });
  });

  it('on the codes of rows, and on the rows above a bar', () => {
    expectAgreement((kernels) => {
      const { arena } = kernels;
      const [nRows, d] = [40, 24];
      const coded = {
        ...{ nRows, nComponents: d },
        ...{ codes: arena.int8(nRows * d), scales: arena.float32(nRows), errors: arena.float32(nRows) },
      };
      kernels.codeRows(noise(kernels, nRows * d, 1), coded);
      const vector = arena.int16(d);
      noise(kernels, d, 2).forEach((x, f) => (vector[f] = Math.round(8_000 * x)));
      const out = arena.int32(nRows);
      const nFound = kernels.rowsAbove({
        ...{ ...coded, vector, vectorScale: 1 / 8_000, out },
        columns: [noise(kernels, nRows, 3), noise(kernels, nRows, 4), noise(kernels, nRows, 5)],
        ...{ weights: [1, -2, 0.5], errorWeight: 3, bar: 2 },
      });
      expect(nFound).toBeGreaterThan(3);
      expect(nFound).toBeLessThan(nRows - 3);
      return Float32Array.of(...coded.codes, ...coded.scales, ...coded.errors, ...out);
    });
  });

  it.each([0, 1, 3, 4, 7, 15, 16, 17, 300])('on the exact solution of a row with %i entries', (nEntries) => {
    expectAgreement((kernels) => {
      const { arena } = kernels;
      const d = 16;
      const random = createRandom(nEntries);
      const out = arena.float32(2 * d);
      kernels.solveRows({
        from: 0,
        to: 2,
        indptr: arena.copyInt32([0, nEntries, nEntries + 2]),
        indices: arena.copyInt32(Array.from({ length: nEntries + 2 }, () => random.int(40))),
        confidence: arena.copyFloat32(Array.from({ length: nEntries + 2 }, () => 0.2 + random.next())),
        target: arena.copyFloat32(Array.from({ length: nEntries + 2 }, () => random.normal())),
        factors: noise(kernels, 40 * d, 1),
        nComponents: d,
        ridge: arena.copyFloat32(Array.from({ length: d }, () => random.next())),
        lambda: arena.copyFloat32([0.7, 0.3]),
        prior: noise(kernels, 3 * d, 2),
        priorRow: arena.copyInt32([2, 0]),
        out,
      });
      return out;
    });
  });

  it('on a sparse matrix times a dense one', () => {
    expectAgreement((kernels) => {
      const { arena } = kernels;
      const out = arena.float32(3 * 8);
      kernels.sparseMultiply(
        arena.copyInt32([0, 2, 2, 3]),
        arena.copyInt32([1, 3, 0]),
        arena.copyFloat32([0.5, -2, 1]),
        noise(kernels, 4 * 8, 1),
        8,
        out,
      );
      return out;
    });
  });

  it('on the nearest columns of a Gram matrix', () => {
    expectAgreement((kernels) => {
      const gram = columnGram(kernels, 30, 45, 8);
      const scale = kernels.arena.float32(45);
      for (let i = 0; i < 45; i++) scale[i] = 1 / (1 + (i % 5));
      const out = { nNeighbours: 6, indices: kernels.arena.int32(45 * 6), sizes: kernels.arena.int32(45) };
      kernels.nearestColumns({ gram, scale, cellStart: new Int32Array(45), neighbours: out });
      return Int32Array.of(...out.indices, ...out.sizes);
    });
  });

  it('on the nearest columns within cells and within shared rows', () => {
    expectAgreement((kernels) => {
      const gram = columnGram(kernels, 30, 45, 8);
      gram.rowValues.forEach((value, p) => (gram.rowValues[p] = Math.abs(value)));
      gram.columnValues.forEach((value, p) => (gram.columnValues[p] = Math.abs(value)));
      const scale = kernels.arena.float32(45);
      for (let i = 0; i < 45; i++) scale[i] = 1 / (1 + (i % 5));
      const cellStart = Int32Array.from(scale, (_, i) => i - (i % 16));
      const neighbours = {
        nNeighbours: 6,
        indices: kernels.arena.int32(45 * 6),
        sizes: kernels.arena.int32(45),
      };
      kernels.nearestColumns({ gram, scale, cellStart, neighbours });
      const weights = kernels.arena.float32(45 * 6);
      kernels.neighbourRidge({ gram, neighbours, ridge: kernels.arena.float32(45).fill(3), weights });
      return Float32Array.of(...neighbours.indices, ...neighbours.sizes, ...weights);
    });
  });

  it("on the neighbours' regressions", () => {
    expectAgreement((kernels) => {
      const gram = columnGram(kernels, 30, 45, 8);
      const { arena } = kernels;
      const neighbours = { nNeighbours: 7, indices: arena.int32(45 * 7), sizes: arena.int32(45) };
      const scale = arena.float32(45).fill(1);
      kernels.nearestColumns({ gram, scale, cellStart: new Int32Array(45), neighbours });
      const weights = arena.float32(45 * 7);
      kernels.neighbourRidge({ gram, neighbours, ridge: arena.float32(45).fill(3), weights });
      return weights;
    });
  });
});

describe('the arena', () => {
  it('keeps earlier arrays alive and unchanged when its memory grows', () => {
    const { arena } = createKernels({ backend: 'webassembly' });
    const early = arena.copyFloat32([1, 2, 3]);
    const late = arena.float32(10_000_000);
    late.fill(7);
    expect([...early]).toEqual([1, 2, 3]);
    early[0] = 9;
    expect(arena.copyFloat32(early)[0]).toBe(9);
  });

  it('gives zeroed arrays again after a release', () => {
    const { arena } = createKernels({ backend: 'webassembly' });
    const mark = arena.mark();
    arena.int32(100).fill(-1);
    arena.release(mark);
    expect(arena.int32(100).every((value) => value === 0)).toBe(true);
  });
});

describe('the kernels with a memory of their own', () => {
  it('sum the normal equations of parts of the entries', () => {
    const [d, nRows, nFactors] = [8, 2, 5];
    const kernels = ownKernels();
    const random = createRandom(3);
    const factors = Float32Array.from({ length: nFactors * d }, () => random.normal());
    const entries = [
      { row: 0, factor: 4, confidence: 0.5, target: 1 },
      { row: 0, factor: 1, confidence: 2, target: 0 },
      { row: 1, factor: 4, confidence: 1, target: 1 },
    ];
    const [matrices, sides] = [kernels.take(nRows * d * d), kernels.take(nRows * d)];
    for (const part of [entries.slice(0, 1), entries.slice(1)]) {
      const indptr = Int32Array.of(0, part.filter(({ row }) => row === 0).length, part.length);
      kernels.exports.addRowEquations(
        nRows,
        kernels.put(indptr),
        kernels.put(Int32Array.from(part, ({ factor }) => factor)),
        kernels.put(Float32Array.from(part, ({ confidence }) => confidence)),
        kernels.put(Float32Array.from(part, ({ target }) => target)),
        kernels.put(factors),
        d,
        matrices.byteOffset,
        sides.byteOffset,
        kernels.take(kernels.exports.solveRowsScratch(d) / 4).byteOffset,
      );
    }
    for (let row = 0; row < nRows; row++) {
      for (let f = 0; f < d; f++) {
        const sum = (weigh: (entry: (typeof entries)[number]) => number) =>
          entries.filter((entry) => entry.row === row).reduce((total, entry) => total + weigh(entry), 0);
        const own = (entry: (typeof entries)[number], g: number) => factors[entry.factor * d + g];
        const side = sum((entry) => entry.confidence * entry.target * own(entry, f));
        expect(sides[row * d + f]).toBeCloseTo(side, 5);
        for (let g = 0; g <= f; g++) {
          const value = sum((entry) => entry.confidence * own(entry, f) * own(entry, g));
          expect(matrices[(row * d + f) * d + g]).toBeCloseTo(value, 5);
        }
      }
    }
  });
});

/** The binary for clusters; its memory is large enough not to grow. */
function ownKernels() {
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly: {
      Module: new (binary: Uint8Array) => object;
      Instance: new (module: object) => { exports: KernelExports & { memory: { buffer: ArrayBuffer } } };
    };
  };
  const module = new WebAssembly.Module(Buffer.from(UNSHARED_KERNELS_BASE64, 'base64'));
  const { exports } = new WebAssembly.Instance(module);
  let top = 65_536;
  const take = (length: number) => {
    const taken = new Float32Array(exports.memory.buffer, top, length);
    top += Math.ceil((4 * length) / 16) * 16;
    return taken;
  };
  const put = (values: Int32Array | Float32Array) => {
    const copy = take(values.length);
    new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength).set(new Uint8Array(values.buffer));
    return copy.byteOffset;
  };
  return { exports, take, put };
}
