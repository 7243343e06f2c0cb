/**
 * Runs a training task: in its own thread in production, inline in small tests. The factorisation may run on a cluster.
 */

import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { MessageChannel } from 'node:worker_threads';

import type { Drift, ItemSide } from '../learning/index.js';

import type { ClusterLine, ClusterSession } from './cluster-calls.js';
import { answerCalls } from './cluster-calls.js';
import { startWorker } from './start-worker.js';
import type { DriftInput, TaskRequest } from './tasks.js';
import { runTask } from './tasks.js';
import type { TrainingInput, TrainingProgress, TrainingResult } from '../training/index.js';

interface TrainOptions {
  readonly signal: AbortSignal;
  readonly onProgress: TrainingProgress;
  /** The rows and columns of the interactions, for a cluster that reads the database itself. */
  readonly ids: RowIds;
}

/** In the order of the data set. */
export interface RowIds {
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
}

/** Starts a cluster that holds these rows. Rejects with what is missing, or with the signal's reason. */
export type StartCluster = (ids: RowIds, signal: AbortSignal) => Promise<ClusterSession>;

export interface Trainer {
  /**
   * Rejects with the task's error, or with the signal's reason when it is aborted, which terminates the thread
   * immediately.
   */
  train(input: TrainingInput, options: TrainOptions): Promise<TrainingResult>;
  /** Measures how far users have moved from a version's users. Rejects likewise. */
  measureDrift(input: DriftInput, options?: { signal?: AbortSignal }): Promise<Drift>;
  /** The file of `packItemSide`. */
  packItemSide(side: ItemSide): Promise<Uint8Array>;
}

/** What the thread is started with. */
export interface TrainingWorkerData {
  readonly request: TaskRequest;
  /** Number of threads to train with, including this one. */
  readonly nThreads: number;
  /** Calls to the cluster that factorises; absent: this thread does. */
  readonly cluster?: ClusterLine;
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
  /** Number of threads to train with. Default: one per processor. */
  readonly nThreads?: number;
  /** Starts the cluster that factorises. Default: the thread does. */
  readonly startCluster?: StartCluster;
}

export function createThreadTrainer({
  maxHeapMb = 1_024,
  nThreads = availableParallelism(),
  startCluster,
}: ThreadTrainerOptions = {}): Trainer {
  const start = (request: TaskRequest, cluster?: ClusterLine) =>
    startWorker('training', {
      workerData: { request, nThreads, cluster } satisfies TrainingWorkerData,
      transferList: cluster === undefined ? [] : [cluster.port],
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    });
  return {
    train(input, options) {
      const request: TaskRequest = { task: 'train', input };
      if (startCluster === undefined) return runInThread(start(request), options) as Promise<TrainingResult>;
      return withCluster(startCluster, options, (cluster, both) =>
        runInThread(start(request, cluster), both),
      ) as Promise<TrainingResult>;
    },
    measureDrift: (input, options = {}) =>
      runInThread(start({ task: 'drift', input }), options) as Promise<Drift>,
    packItemSide: (input) => runInThread(start({ task: 'pack', input }), {}) as Promise<Uint8Array>,
  };
}

/** Runs the task next to a cluster. A cluster that does not start ends the task at once. */
async function withCluster<T>(
  startCluster: StartCluster,
  options: TrainOptions,
  run: (cluster: ClusterLine, options: TrainOptions) => Promise<T>,
): Promise<T> {
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const session = startCluster(options.ids, signal);
  session.catch((error: unknown) => failed.abort(error));
  const { port1, port2 } = new MessageChannel();
  const answers = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  answerCalls({ port: port1, answers }, session);
  try {
    return await run({ port: port2, answers }, { ...options, signal });
  } finally {
    port1.close();
    await session.then(
      (cluster) => cluster.close(),
      () => undefined,
    );
  }
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

export function createInlineTrainer(): Trainer {
  const run = <T>(request: TaskRequest, onProgress: TrainingProgress = () => undefined) =>
    Promise.resolve().then(() => runTask(request, { onProgress }).result as T);
  return {
    train: (input, { onProgress }) => run({ task: 'train', input }, onProgress),
    measureDrift: (input) => run({ task: 'drift', input }),
    packItemSide: (input) => run({ task: 'pack', input }),
  };
}
