/** Entry of a thread that shares the work of the training thread. */
import { parentPort } from 'node:worker_threads';

import type { KernelExports } from '../learning/index.js';
import { loadKernels } from '../learning/index.js';

import type { ThreadWork } from './kernel-threads.js';
import { takePart } from './kernel-threads.js';
import { yieldToServing } from './priority.js';

let loaded: { readonly memoryId: number; readonly exports: KernelExports } | undefined;

yieldToServing();
parentPort!.on('message', (message: ThreadWork) => {
  try {
    takePart(message, ({ memoryId, binary }) => {
      if (loaded?.memoryId !== memoryId) loaded = { memoryId, exports: loadKernels(binary) };
      return loaded.exports;
    });
  } catch {
    // The training thread reads the failure from the counters.
  }
});
