/** The WebAssembly backend: decodes the embedded binary once, and wraps its addresses in typed arrays. */
import { NotFiniteError } from '../errors.js';
import { descending } from '../linalg/index.js';
import { createArena } from './arena.js';
import { KERNELS_BASE64 } from './generated/kernels-binary.js';
import { callsOf, perThread } from './crew.js';
import { nearestColumns, neighbourRidge } from './neighbour-grams.js';

import type { GrowableMemory } from './arena.js';
import type { KernelBinary, KernelExports, Kernels, KernelThreads, RunCalls } from './types.js';

/** The compiler places its constants below this address. */
const ARENA_START = 65536;
const MAX_PAGES = 65536;
/** Rows per call: short calls let the engine switch to optimised code early, and spread evenly over threads. */
const CALL_ROWS = 1024;

/** The part of the WebAssembly interface used here, which Node's types lack. */
interface WebAssemblyRuntime {
  Module: new (binary: Uint8Array) => object;
  Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => GrowableMemory;
  Instance: new (module: object, imports: { env: { memory: GrowableMemory } }) => { exports: KernelExports };
}

const runtime = (globalThis as unknown as { WebAssembly: WebAssemblyRuntime }).WebAssembly;

let compiled: object | null | undefined;

/** Whether this runtime has WebAssembly with SIMD and shared memory. */
export function isWebAssemblyUsable(): boolean {
  return compile() !== null;
}

/** The exports of a compiled binary over its memory. */
export function loadKernels({ module, memory }: KernelBinary): KernelExports {
  return new runtime.Instance(module, { env: { memory } }).exports;
}

/** Throws Error when the runtime has no usable WebAssembly. */
export function createWebAssemblyKernels(threads?: KernelThreads): Kernels {
  const module = compile();
  if (module === null) throw new Error('This runtime has no WebAssembly with SIMD and shared memory.');
  const memory = new runtime.Memory({ initial: 2, maximum: MAX_PAGES, shared: true });
  const wasm = loadKernels({ module, memory });
  const arena = createArena(memory, ARENA_START);
  const crew = {
    ...{ wasm, arena, nThreads: threads?.count ?? 1 },
    run: threads?.attach({ module, memory }, wasm) ?? runAlone(wasm),
  };
  return {
    backend: 'webassembly',
    arena,
    accumulateGram: (rows, nRows, d, a) => void wasm.accumulateGram(rows.byteOffset, nRows, d, a.byteOffset),
    cholesky: (a, n) => void wasm.cholesky(a.byteOffset, n),
    choleskySolve: (a, n, x) => void wasm.choleskySolve(a.byteOffset, n, x.byteOffset),
    symmetricEigen: (matrix, n) => {
      const mark = arena.mark();
      const a = arena.float64(n * n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = matrix[i * n + j];
      }
      if (!a.every(Number.isFinite)) {
        throw new NotFiniteError('The matrix to decompose contains a value that is not finite.');
      }
      const values = arena.float64(n);
      const vectors = arena.float64(n * n);
      const scratch = arena.float64(wasm.symmetricEigenScratch(n) / 8);
      wasm.symmetricEigen(a.byteOffset, n, values.byteOffset, vectors.byteOffset, scratch.byteOffset);
      const eigen = descending(values, vectors, n);
      arena.release(mark);
      return eigen;
    },
    multiplySquare: (rows, nRows, d, square, out) =>
      void wasm.multiplySquare(rows.byteOffset, nRows, d, square.byteOffset, out.byteOffset),
    multiplyVectors: (rows, nRows, vectors, nVectors, out) =>
      void wasm.multiplyVectors(
        rows.byteOffset,
        nRows,
        vectors.length / nVectors,
        vectors.byteOffset,
        nVectors,
        out.byteOffset,
      ),
    multiplySome: (rows, indices, vector, out) =>
      void wasm.multiplySome(
        rows.byteOffset,
        vector.length,
        indices.byteOffset,
        indices.length,
        vector.byteOffset,
        out.byteOffset,
      ),
    codeRows: (rows, { nRows, nComponents, codes, scales, errors }) =>
      void wasm.codeRows(
        rows.byteOffset,
        nRows,
        nComponents,
        codes.byteOffset,
        scales.byteOffset,
        errors.byteOffset,
      ),
    rowsAbove: (args) =>
      wasm.rowsAbove(
        args.codes.byteOffset,
        args.scales.byteOffset,
        args.errors.byteOffset,
        args.nRows,
        args.nComponents,
        args.vector.byteOffset,
        args.vectorScale,
        ...args.columns.flatMap((column, c) => [column.byteOffset, args.weights[c]]),
        args.errorWeight,
        args.bar,
        args.out.byteOffset,
      ),
    solveRows: (args) => {
      const mark = arena.mark();
      const scratch = () => arena.float32(wasm.solveRowsScratch(args.nComponents) / 4);
      const shared = [
        args.indptr.byteOffset,
        args.indices.byteOffset,
        args.confidence.byteOffset,
        args.target.byteOffset,
        args.factors.byteOffset,
        args.nComponents,
        args.ridge.byteOffset,
        args.lambda.byteOffset,
        args.prior.byteOffset,
        args.priorRow?.byteOffset ?? 0,
        args.out.byteOffset,
      ];
      crew.run(
        'solveRows',
        callsOf(args.from, args.to, CALL_ROWS, () => shared),
        perThread(crew, () => [scratch().byteOffset]),
      );
      arena.release(mark);
    },
    sparseMultiply: (indptr, indices, values, dense, d, out) =>
      void wasm.sparseMultiply(
        indptr.length - 1,
        indptr.byteOffset,
        indices.byteOffset,
        values.byteOffset,
        dense.byteOffset,
        d,
        out.byteOffset,
      ),
    nearestColumns: (args) => nearestColumns(crew, args),
    neighbourRidge: (args) => neighbourRidge(crew, args),
    assignPoints: (blocks, nBlocks, d, centroids, k, labels, nearest) =>
      void wasm.assignPoints(
        blocks.byteOffset,
        nBlocks,
        d,
        centroids.byteOffset,
        k,
        labels.byteOffset,
        nearest.byteOffset,
      ),
    shrinkNearest: (blocks, nBlocks, d, point, nearest, out) =>
      wasm.shrinkNearest(blocks.byteOffset, nBlocks, d, point.byteOffset, nearest.byteOffset, out.byteOffset),
    sumDistances: (args) =>
      void wasm.sumDistances(
        args.blocks.byteOffset,
        args.nComponents,
        args.point.byteOffset,
        args.cellEnds.byteOffset,
        args.cellEnds.length,
        args.weights.byteOffset,
        args.out.byteOffset,
      ),
  };
}

function runAlone(wasm: KernelExports): RunCalls {
  return (kernel, calls, [own]) => {
    for (const call of calls) wasm[kernel](...call, ...own);
  };
}

function compile(): object | null {
  if (compiled !== undefined) return compiled;
  try {
    // Browsers may refuse the code, by a policy of the page, or the memory.
    const module = new runtime.Module(Uint8Array.from(atob(KERNELS_BASE64), (byte) => byte.charCodeAt(0)));
    new runtime.Memory({ initial: 2, maximum: MAX_PAGES, shared: true });
    compiled = module;
  } catch {
    compiled = null;
  }
  return compiled;
}
