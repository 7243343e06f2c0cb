/** Lock files that contain the identity of their holder. A lock of a dead process is taken over. */

import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { identify, isAlive, type ProcessIdentity } from './process.js';
import { readIfThere } from './read-if-there.js';

const POLL_MS = 100;

export interface Lock {
  release(): void;
}

/** Takes the lock, or returns the running process that holds it. */
export function tryLock(path: string): { lock: Lock } | { holder: ProcessIdentity } {
  const self = JSON.stringify(identify(process.pid));
  const draft = `${path}.${process.pid}`;
  for (;;) {
    writeFileSync(draft, self, { mode: 0o600 });
    try {
      // Creating a link is atomic, and fails if the lock exists.
      linkSync(draft, path);
      return { lock: { release: () => release(path, self) } };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(draft, { force: true });
    }
    const content = readIfThere(path);
    const holder = parse(content);
    if (holder !== null && isAlive(holder)) return { holder };
    if (content !== null) removeStale(path, content);
  }
}

/** Waits for the lock; rejects when a live process still holds it after `deadlineMs`, or when `signal` is aborted. */
export async function waitForLock(path: string, deadlineMs: number, signal?: AbortSignal): Promise<Lock> {
  for (const until = Date.now() + deadlineMs; ;) {
    signal?.throwIfAborted();
    const result = tryLock(path);
    if ('lock' in result) return result.lock;
    if (Date.now() > until) throw new Error(`Process ${result.holder.pid} holds ${path} for too long.`);
    await pause(POLL_MS);
  }
}

function release(path: string, self: string): void {
  if (readIfThere(path) === self) rmSync(path, { force: true });
}

/** Moves the stale lock aside. A lock that replaced it in the meantime is put back. */
function removeStale(path: string, content: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
    if (readIfThere(aside) !== content) linkSync(aside, path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function parse(content: string | null): ProcessIdentity | null {
  try {
    return content === null ? null : (JSON.parse(content) as ProcessIdentity);
  } catch {
    return null;
  }
}
