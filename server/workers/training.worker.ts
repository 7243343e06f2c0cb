/**
 * Entry of the training thread: runs the task in `workerData` and posts progress and the result.
 */

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

/**
 * Lowers the thread's priority, so that requests come before training. Only Linux has per-thread priorities; elsewhere
 * this has no effect.
 */
function yieldToServing(): void {
  try {
    const threadId = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(threadId, constants.priority.PRIORITY_LOW);
  } catch {
    // No /proc, or no permission to set the priority.
  }
}
