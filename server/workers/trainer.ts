/** Where a training task runs: in a thread of its own for the product, in place for small tests. */

import type { WorkerOptions } from 'node:worker_threads';
import { Worker } from 'node:worker_threads';

import type { Drift } from '../learning/index.js';

import type { DriftInput, TaskRequest } from './tasks.js';
import { runTask } from './tasks.js';
import type { TrainingInput, TrainingProgress, TrainingResult } from '../training/index.js';

export interface TrainOptions {
  readonly signal: AbortSignal;
  readonly onProgress: TrainingProgress;
}

export interface Trainer {
  /** Rejects with the task's error; with the signal's reason when it is aborted, which ends the thread at once. */
  train(input: TrainingInput, options: TrainOptions): Promise<TrainingResult>;
  /** How far users have moved from those of a version. Rejects likewise. */
  measureDrift(input: DriftInput, options?: { signal?: AbortSignal }): Promise<Drift>;
}

/** What the thread sends back. */
export type WorkerMessage =
  | { readonly kind: 'progress'; readonly stage: Parameters<TrainingProgress>[0]; readonly fraction: number }
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'error'; readonly code: string; readonly message: string };

/** A task's failure as it arrives from the thread; `code` is the original error's. */
export class TrainingTaskError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'TrainingTaskError';
  }
}

export interface ThreadTrainerOptions {
  /** Ceiling of the thread's JavaScript heap, MiB. Typed arrays do not count. Default 1,024. */
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
      // Without effect when a result or an error has settled the promise already.
      reject(new TrainingTaskError('WORKER_EXITED', `The training thread ended with code ${code}.`));
    });
  });
}

/** From source a thread has to be taught TypeScript first; loaders are not handed down to it. */
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
