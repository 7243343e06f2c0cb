/** Entry of the training thread: runs the task it was started with and sends back what comes of it. */

import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';

import type { TaskRequest } from './tasks.js';
import { runTask } from './tasks.js';
import type { WorkerMessage } from './trainer.js';

const port = parentPort!;
const send = (message: WorkerMessage, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

yieldToServing();
try {
  const { result, transfer } = runTask(workerData as TaskRequest, (stage, fraction) =>
    send({ kind: 'progress', stage, fraction }),
  );
  send({ kind: 'result', result }, transfer);
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'TRAINING_FAILED';
  send({ kind: 'error', code, message: error instanceof Error ? error.message : String(error) });
}

/** Whoever waits for an answer comes before training. Only Linux has a priority for each thread; elsewhere nothing changes. */
function yieldToServing(): void {
  try {
    const threadId = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(threadId, constants.priority.PRIORITY_LOW);
  } catch {
    // No such system, or one that does not allow it.
  }
}
