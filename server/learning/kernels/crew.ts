/** Splits the work of a kernel into calls for several threads. */
import type { Arena } from './arena.js';
import type { KernelExports, RunCalls } from './types.js';

/** The threads of a memory, as the kernels see them. */
export interface Crew {
  readonly wasm: KernelExports;
  readonly arena: Arena;
  readonly nThreads: number;
  readonly run: RunCalls;
}

/** Calls over [from, to) in steps: the bounds of a step, then `argumentsOf` its start. */
export function callsOf(
  from: number,
  to: number,
  step: number,
  argumentsOf: (start: number) => readonly number[],
): number[][] {
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, k) => {
    const start = from + k * step;
    return [start, Math.min(start + step, to), ...argumentsOf(start)];
  });
}

/** Calls of each thread between two reports of progress. */
const BATCH_CALLS = 16;

interface Work {
  readonly kernel: string;
  readonly calls: readonly (readonly number[])[];
  readonly own: readonly (readonly number[])[];
}

/** Runs the calls and reports the completed share, 0..1, from time to time. */
export function runInBatches(
  { run, nThreads }: Crew,
  { kernel, calls, own }: Work,
  onProgress?: (fraction: number) => void,
): void {
  const step = BATCH_CALLS * nThreads;
  for (let from = 0; from < calls.length; from += step) {
    run(kernel, calls.slice(from, from + step), own);
    onProgress?.(Math.min(1, (from + step) / calls.length));
  }
}

/** `make` once for every thread. */
export function perThread<T>({ nThreads }: Crew, make: () => T): T[] {
  return Array.from({ length: nThreads }, make);
}
