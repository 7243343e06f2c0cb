/** The priority of threads that train. */
import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/**
 * Lowers the thread's priority, so that requests come before training. Only Linux has per-thread priorities; elsewhere
 * this has no effect.
 */
export function yieldToServing(): void {
  try {
    const threadId = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(threadId, constants.priority.PRIORITY_LOW);
  } catch {
    // No /proc, or no permission to set the priority.
  }
}
