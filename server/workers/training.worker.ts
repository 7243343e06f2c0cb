/** Entry of the training thread: runs the task it was started with and sends back what comes of it. */

import { parentPort, workerData } from 'node:worker_threads';

import type { TaskRequest } from './tasks.js';
import { runTask } from './tasks.js';
import type { WorkerMessage } from './trainer.js';

const port = parentPort!;
const send = (message: WorkerMessage, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

try {
  const { result, transfer } = runTask(workerData as TaskRequest, (stage, fraction) =>
    send({ kind: 'progress', stage, fraction }),
  );
  send({ kind: 'result', result }, transfer);
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'TRAINING_FAILED';
  send({ kind: 'error', code, message: error instanceof Error ? error.message : String(error) });
}
