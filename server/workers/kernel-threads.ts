/**
 * Threads that share the work of learning with the training thread: calls of kernels on the same memory, and parts of
 * learning's shared tasks.
 *
 * The training thread does not return to its event loop while it trains. So threads take calls by a shared counter, and
 * the training thread takes calls as well: it never waits for a thread that is still starting.
 */
import type { KernelBinary, KernelExports, KernelThreads } from '../learning/index.js';
import { runSharedPart } from '../learning/index.js';

import { startWorker } from './start-worker.js';

/** The calls of a kernel, as sent to a thread. */
interface KernelWork {
  readonly kind: 'kernel';
  /** Counts memories, so that a thread loads the kernels once per memory. */
  readonly memoryId: number;
  readonly binary: KernelBinary;
  readonly kernel: string;
  readonly calls: readonly (readonly number[])[];
  /** The thread's own arguments, appended to those of each call. */
  readonly own: readonly number[];
  readonly counters: Counters;
}

/** A shared task, as sent to a thread. */
interface TaskWork {
  readonly kind: 'task';
  readonly task: string;
  readonly input: unknown;
  readonly nParts: number;
  readonly counters: Counters;
}

export type ThreadWork = KernelWork | TaskWork;

/** Int32Array [3], shared: see the indices below. */
type Counters = Int32Array;

/** The next call or part, the number of those that have ended, and whether any of them failed. */
const [NEXT, ENDED, FAILED] = [0, 1, 2];

/** A call takes well below a second; a thread that is silent for so long has died. */
const SILENCE_MS = 300_000;

/** `count`: number of threads including the calling thread, at least 1. */
export function createKernelThreads(count: number): KernelThreads & { close(): void } {
  const workers = Array.from({ length: count - 1 }, () => startWorker('kernel', {}));
  let memories = 0;
  /** Runs `one` here for what the other threads leave, and waits for them. */
  const share = (n: number, name: string, one: (k: number) => void, send: (counters: Counters) => void) => {
    const counters = new Int32Array(new SharedArrayBuffer(12));
    if (n > 1) send(counters);
    try {
      takeTurns(counters, n, one);
    } finally {
      waitForAll(counters, n);
    }
    if (counters[FAILED] > 0) throw new Error(`The work ${name} failed in a thread.`);
  };
  return {
    count,
    attach(binary, exports) {
      const memoryId = memories++;
      return (kernel, calls, own) =>
        share(
          calls.length,
          kernel,
          (k) => exports[kernel](...calls[k], ...own[0]),
          (counters) =>
            workers.forEach((worker, w) => {
              const work = { kernel, calls, own: own[w + 1], counters };
              worker.postMessage({ kind: 'kernel', memoryId, binary, ...work } satisfies KernelWork);
            }),
        );
    },
    runParts(task, input, nParts, onProgress) {
      let nEnded = 0;
      const runHere = (part: number) => {
        runSharedPart(task, input, part);
        nEnded = Math.max(nEnded, part);
        onProgress?.((nEnded + 1) / nParts);
      };
      share(nParts, task, runHere, (counters) =>
        workers.forEach((worker) =>
          worker.postMessage({ kind: 'task', task, input, nParts, counters } satisfies TaskWork),
        ),
      );
    },
    close: () => workers.forEach((worker) => void worker.terminate()),
  };
}

/** Does the work of a message, as far as the other threads leave it. */
export function takePart(work: ThreadWork, loadExports: (work: KernelWork) => KernelExports): void {
  if (work.kind === 'task') {
    const { task, input, nParts, counters } = work;
    takeTurns(counters, nParts, (part) => runSharedPart(task, input, part));
    return;
  }
  const exports = loadExports(work);
  const { kernel, calls, own, counters } = work;
  takeTurns(counters, calls.length, (k) => exports[kernel](...calls[k], ...own));
}

/** Runs `one` until nothing is left. */
function takeTurns(counters: Counters, n: number, one: (k: number) => void): void {
  for (;;) {
    const next = Atomics.add(counters, NEXT, 1);
    if (next >= n) return;
    try {
      one(next);
    } catch (error) {
      Atomics.store(counters, FAILED, 1);
      throw error;
    } finally {
      Atomics.add(counters, ENDED, 1);
      Atomics.notify(counters, ENDED);
    }
  }
}

/** After a failure, calls that no thread has taken never end. */
function waitForAll(counters: Counters, n: number): void {
  for (;;) {
    const ended = Atomics.load(counters, ENDED);
    const taken = Math.min(Atomics.load(counters, NEXT), n);
    if (ended >= taken) return;
    if (Atomics.wait(counters, ENDED, ended, SILENCE_MS) === 'timed-out')
      throw new Error('A training thread has stopped answering.');
  }
}
