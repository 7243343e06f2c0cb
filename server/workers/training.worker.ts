/** Entry of the training thread: runs the task it was started with and sends back what comes of it. */

import { parentPort, workerData } from 'node:worker_threads';

import type { WorkerMessage } from './trainer.js';
import type { TrainingInput } from './training-task.js';
import { runTrainingTask, transferablesOf } from './training-task.js';

const port = parentPort!;
const send = (message: WorkerMessage, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

try {
  const result = runTrainingTask(workerData as TrainingInput, (stage, fraction) =>
    send({ kind: 'progress', stage, fraction }),
  );
  send({ kind: 'result', result }, transferablesOf(result));
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'TRAINING_FAILED';
  send({ kind: 'error', code, message: error instanceof Error ? error.message : String(error) });
}
