/** Work in parts that threads share. */
import type { KernelThreads } from './types.js';

/** A pure function of its input and a part; it writes its results to arrays from shared-memory.ts in the input. */
export interface SharedTask<T> {
  /** Its name in shared-tasks.ts. */
  readonly name: string;
  readonly run: (input: T, part: number) => void;
}

/** Runs the parts 0 to `nParts` - 1 on the threads, or on the calling thread if there are none. */
export function runParts<T>(
  threads: KernelThreads | undefined,
  { name, run }: SharedTask<T>,
  { input, nParts, onProgress }: { input: T; nParts: number; onProgress?: (fraction: number) => void },
): void {
  if (threads !== undefined) return threads.runParts(name, input, nParts, onProgress);
  for (let part = 0; part < nParts; part++) {
    run(input, part);
    onProgress?.((part + 1) / nParts);
  }
}
