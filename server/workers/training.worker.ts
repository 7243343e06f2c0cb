/**
 * Entry of the training thread: runs the task in `workerData` and posts progress and the result.
 */

import { parentPort, workerData } from 'node:worker_threads';

import { createBlockingCalls } from './cluster-calls.js';
import { createKernelThreads } from './kernel-threads.js';
import { yieldToServing } from './priority.js';
import { runTask } from './tasks.js';
import { createTrainingCluster } from './training-cluster.js';
import type { TrainingWorkerData, WorkerMessage } from './trainer.js';

const port = parentPort!;
const send = (message: WorkerMessage, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

yieldToServing();
const { request, nThreads, cluster } = workerData as TrainingWorkerData;
const threads = createKernelThreads(request.task === 'train' ? nThreads : 1);
try {
  const { result, transfer } = runTask(request, {
    threads,
    cluster: cluster && createTrainingCluster(createBlockingCalls(cluster)),
    onProgress: (stage, fraction) => send({ kind: 'progress', stage, fraction }),
  });
  send({ kind: 'result', result }, transfer);
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'TRAINING_FAILED';
  send({ kind: 'error', code, message: error instanceof Error ? error.message : String(error) });
} finally {
  threads.close();
}
