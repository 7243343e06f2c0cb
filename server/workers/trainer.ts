/**
 * Runs a training task: in its own thread in production, inline in small tests.
 */

import type { WorkerOptions } from 'node:worker_threads';
import { Worker } from 'node:worker_threads';

import type { Drift } from '../learning/index.js';

import type { DriftInput, TaskRequest } from './tasks.js';
import { runTask } from './tasks.js';
import type { TrainingInput, TrainingProgress, TrainingResult } from '../training/index.js';

interface TrainOptions {
  readonly signal: AbortSignal;
  readonly onProgress: TrainingProgress;
}

export interface Trainer {
  /**
   * Rejects with the task's error, or with the signal's reason when it is aborted, which terminates the thread
   * immediately.
   */
  train(input: TrainingInput, options: TrainOptions): Promise<TrainingResult>;
  /** Measures how far users have moved from a version's users. Rejects likewise. */
  measureDrift(input: DriftInput, options?: { signal?: AbortSignal }): Promise<Drift>;
}

/** Messages that the thread sends back. */
export type WorkerMessage =
  | { readonly kind: 'progress'; readonly stage: Parameters<TrainingProgress>[0]; readonly fraction: number }
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'error'; readonly code: string; readonly message: string };

/** A failure of a task in the thread; `code` is the original error's code. */
class TrainingTaskError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'TrainingTaskError';
  }
}

interface ThreadTrainerOptions {
  /** Heap limit of the thread, MiB. Typed arrays do not count. Default 1,024. */
  readonly maxHeapMb?: number;
}

export function createThreadTrainer({ maxHeapMb = 1_024 }: ThreadTrainerOptions = {}): Trainer {
  const resourceLimits = { maxOldGenerationSizeMb: maxHeapMb };
  const run = <T>(request: TaskRequest, options: Partial<TrainOptions>) =>
    runInThread(startWorker({ workerData: request, resourceLimits }), options) as Promise<T>;
  return {
    train: (input, options) => run({ task: 'train', input }, options),
    measureDrift: (input, options = {}) => run({ task: 'drift', input }, options),
  };
}

function runInThread(worker: Worker, { signal, onProgress }: Partial<TrainOptions>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      reject(signal!.reason);
      void worker.terminate();
    };
    if (signal?.aborted === true) return stop();
    signal?.addEventListener('abort', stop, { once: true });
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'progress') onProgress?.(message.stage, message.fraction);
      else if (message.kind === 'result') resolve(message.result);
      else reject(new TrainingTaskError(message.code, message.message));
    });
    worker.once('error', reject);
    worker.once('exit', (code) => {
      signal?.removeEventListener('abort', stop);
      // No effect if a result or an error has already settled the promise.
      reject(new TrainingTaskError('WORKER_EXITED', `The training thread ended with code ${code}.`));
    });
  });
}

/** When run from source, a thread must register the TypeScript loader first; threads do not inherit loaders. */
function startWorker(options: WorkerOptions): Worker {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./training.worker.js', import.meta.url), options);
  const entry = JSON.stringify(new URL('./training.worker.ts', import.meta.url).href);
  const source = `import('tsx/esm/api').then(({ register }) => (register(), import(${entry})));`;
  return new Worker(source, { ...options, eval: true });
}

export function createInlineTrainer(): Trainer {
  const run = <T>(request: TaskRequest, onProgress: TrainingProgress = () => undefined) =>
    Promise.resolve().then(() => runTask(request, onProgress).result as T);
  return {
    train: (input, { onProgress }) => run({ task: 'train', input }, onProgress),
    measureDrift: (input) => run({ task: 'drift', input }),
  };
}
